using System.Text.Json;

namespace Orrery.Engine.Vectors;

/// <summary>Turns JSON into the parts of a filter. Once something is wrong, <see cref="Error"/> says what, and every result is null.</summary>
internal sealed class FilterParser
{
    private int _values;

    public string Error { get; private set; } = "";

    /// <summary>A filter object: fields and combinations that must all hold.</summary>
    public FilterNode? Object(JsonElement json, int depth)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return Wrong($"must be an object, not {Kind(json)}");
        if (depth > VectorFilter.MaxDepth)
            return Wrong($"$and and $or may nest {VectorFilter.MaxDepth} deep");
        var parts = new List<FilterNode>();
        foreach (var field in json.EnumerateObject())
        {
            var part = field.Name switch
            {
                "$and" => Combination(field, depth) is { } all ? new AllOf(all) : null,
                "$or" => Combination(field, depth) is { } any ? new AnyOf(any) : null,
                ['$', ..] => IsOperator(field.Name) ? Wrong($"{field.Name} must stand under a field") : Wrong($"{field.Name} is not an operator"),
                _ => Field(field.Name, field.Value),
            };
            if (part is null)
                return null;
            parts.Add(part);
        }

        return parts.Count == 1 ? parts[0] : new AllOf(parts);
    }

    private List<FilterNode>? Combination(JsonProperty combination, int depth)
    {
        if (combination.Value.ValueKind != JsonValueKind.Array || combination.Value.GetArrayLength() == 0)
        {
            Wrong($"{combination.Name} must be a list of at least one filter");
            return null;
        }

        var parts = new List<FilterNode>();
        foreach (var item in combination.Value.EnumerateArray())
        {
            if (Object(item, depth + 1) is not { } part)
                return null;
            parts.Add(part);
        }

        return parts;
    }

    private FilterNode? Field(string field, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return MetadataValue.From(json) is { } value ? Values(field, [value], false) : Wrong($"field '{field}' must be compared with a string, a finite number or a boolean, not {Kind(json)}");
        var parts = new List<FilterNode>();
        foreach (var comparison in json.EnumerateObject())
        {
            if (Comparison(field, comparison.Name, comparison.Value) is not { } part)
                return null;
            parts.Add(part);
        }

        return parts.Count switch
        {
            0 => Wrong($"field '{field}' has no operator"),
            1 => parts[0],
            _ => new AllOf(parts),
        };
    }

    private FilterNode? Comparison(string field, string name, JsonElement json) => name switch
    {
        "$eq" or "$ne" => MetadataValue.From(json) is { } value ? Values(field, [value], name == "$ne") : Wrong($"{name} of '{field}' must be a string, a finite number or a boolean, not {Kind(json)}"),
        "$in" or "$nin" => List(field, name, json) is { } values ? Values(field, values, name == "$nin") : null,
        "$gt" or "$gte" or "$lt" or "$lte" => json.ValueKind == JsonValueKind.Number && double.IsFinite(json.GetDouble())
            ? new Bound(field, json.GetDouble(), name[1] == 'g', name.Length == 4)
            : Wrong($"{name} of '{field}' must be a finite number, not {Kind(json)}"),
        "$exists" => json.ValueKind is JsonValueKind.True or JsonValueKind.False ? new Exists(field, json.GetBoolean()) : Wrong($"$exists of '{field}' must be true or false, not {Kind(json)}"),
        _ => Wrong($"{name} of '{field}' is not an operator; there are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists, $and, $or"),
    };

    private List<MetadataValue>? List(string field, string name, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            Wrong($"{name} of '{field}' must be a list, not {Kind(json)}");
            return null;
        }

        var values = new List<MetadataValue>();
        foreach (var item in json.EnumerateArray())
        {
            if (item.ValueKind is not (JsonValueKind.String or JsonValueKind.Number) || MetadataValue.From(item) is not { } value)
            {
                Wrong($"{name} of '{field}' must list strings and finite numbers, not {Kind(item)}");
                return null;
            }

            values.Add(value);
        }

        return values;
    }

    private FilterNode? Values(string field, List<MetadataValue> values, bool negated) =>
        (_values += values.Count) > VectorFilter.MaxValues ? Wrong($"names more than {VectorFilter.MaxValues} values") : new OneOf(field, values, negated);

    private static bool IsOperator(string name) => name is "$eq" or "$ne" or "$gt" or "$gte" or "$lt" or "$lte" or "$in" or "$nin" or "$exists";

    private static string Kind(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    private FilterNode? Wrong(string message)
    {
        Error = message;
        return null;
    }
}
