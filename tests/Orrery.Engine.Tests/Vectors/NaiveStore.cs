using System.Text.Json;
using Orrery.Engine.Vectors;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>What a store must say, computed in the plainest way: every record in a dictionary, every answer by looking at all of them.</summary>
internal sealed class NaiveStore(VectorMetric metric)
{
    public SortedDictionary<string, (float[] Values, string Metadata)> Records { get; } = new(StringComparer.Ordinal);

    public List<(string Id, float Score)> Query(float[] vector, int top, VectorFilter? filter) =>
        [.. Records
            .Where(record => filter is null || Matches(filter.Root, record.Value.Metadata))
            .Select(record => (Id: record.Key, Score: Score(metric, vector, record.Value.Values)))
            .OrderBy(match => metric == VectorMetric.Euclidean ? match.Score : -match.Score)
            .ThenBy(match => match.Id, StringComparer.Ordinal)
            .Take(top)];

    public static float Score(VectorMetric metric, float[] a, float[] b)
    {
        double dot = 0, aa = 0, bb = 0, distance = 0;
        for (var i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
            distance += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        }

        var score = metric switch
        {
            VectorMetric.Cosine => aa == 0 || bb == 0 ? 0 : dot / Math.Sqrt(aa) / Math.Sqrt(bb),
            VectorMetric.DotProduct => dot,
            _ => distance,
        };
        return (float)Math.Clamp(score, -float.MaxValue, float.MaxValue);
    }

    public static bool Matches(FilterNode node, string metadata)
    {
        using var document = JsonDocument.Parse(metadata.Length == 0 ? "{}" : metadata);
        return Matches(node, document.RootElement);
    }

    private static bool Matches(FilterNode node, JsonElement metadata) => node switch
    {
        AllOf all => all.Parts.All(part => Matches(part, metadata)),
        AnyOf any => any.Parts.Any(part => Matches(part, metadata)),
        Exists exists => metadata.TryGetProperty(exists.Field, out _) == exists.Wanted,
        OneOf one => one.Negated != Elements(metadata, one.Field).Any(element => one.Values.Any(value => Equal(value, element))),
        Bound bound => Elements(metadata, bound.Field).Any(element => element.ValueKind == JsonValueKind.Number && Beyond(bound, element.GetDouble())),
        _ => throw new InvalidOperationException(),
    };

    private static List<JsonElement> Elements(JsonElement metadata, string field) =>
        !metadata.TryGetProperty(field, out var value) ? [] : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    private static bool Equal(MetadataValue value, JsonElement element) =>
        value.Text is { } text ? element.ValueKind == JsonValueKind.String && element.GetString() == text
        : value.Flag is { } flag ? element.ValueKind == (flag ? JsonValueKind.True : JsonValueKind.False)
        : element.ValueKind == JsonValueKind.Number && element.GetDouble() == value.Number;

    private static bool Beyond(Bound bound, double number) =>
        number == bound.Limit ? bound.Inclusive : bound.Above == number > bound.Limit;
}
