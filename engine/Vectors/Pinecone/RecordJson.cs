using System.Text.Json;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Records, ids and counts as Pinecone's data plane tells them. What is missing is read as none: Pinecone leaves out what is empty.</summary>
internal static class RecordJson
{
    /// <summary>The name by which newer versions call the default namespace where a name must stand.</summary>
    public const string DefaultNamespace = "__default__";

    public static List<VectorMatch> Matches(JsonElement json)
    {
        var matches = new List<VectorMatch>();
        foreach (var match in Items(json, "matches"))
        {
            match.TryGetProperty("metadata", out var metadata);
            matches.Add(new VectorMatch(IndexJson.Text(match, "id") ?? "", match.TryGetProperty("score", out var score) ? score.GetSingle() : 0, Values(match), ModelStamp.Without(metadata)));
        }

        SortTies(matches);
        return matches;
    }

    /// <summary>Records in the order in which they stand.</summary>
    public static List<VectorRecord> Records(JsonElement json)
    {
        var records = new List<VectorRecord>();
        if (!json.TryGetProperty("vectors", out var vectors) || vectors.ValueKind != JsonValueKind.Object)
            return records;
        foreach (var vector in vectors.EnumerateObject())
        {
            vector.Value.TryGetProperty("metadata", out var metadata);
            records.Add(new VectorRecord(vector.Name, Values(vector.Value), ModelStamp.Without(metadata)));
        }

        return records;
    }

    /// <summary>The model that the first marked record was made by; null when none is.</summary>
    public static EmbeddingModel? Model(JsonElement json)
    {
        if (!json.TryGetProperty("vectors", out var vectors) || vectors.ValueKind != JsonValueKind.Object)
            return null;
        foreach (var vector in vectors.EnumerateObject())
        {
            if (vector.Value.TryGetProperty("metadata", out var metadata) && ModelStamp.Of(metadata) is { } model)
                return model;
        }

        return null;
    }

    public static List<string> Ids(JsonElement json)
    {
        var ids = new List<string>();
        foreach (var vector in Items(json, "vectors"))
            ids.Add(IndexJson.Text(vector, "id") ?? "");
        return ids;
    }

    /// <summary>What asks for the next page; null at the end.</summary>
    public static string? Next(JsonElement json) =>
        json.TryGetProperty("pagination", out var pagination) && pagination.ValueKind == JsonValueKind.Object && IndexJson.Text(pagination, "next") is { Length: > 0 } next ? next : null;

    /// <summary>A field that is a whole number; null when it is not.</summary>
    public static long? Number(JsonElement json, string field) =>
        json.TryGetProperty(field, out var number) && number.ValueKind == JsonValueKind.Number ? (long)number.GetDouble() : null;

    public static IEnumerable<JsonElement> Items(JsonElement json, string field) =>
        json.TryGetProperty(field, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];

    /// <summary>The seam's name of a namespace.</summary>
    public static string Here(string name) => name == DefaultNamespace ? "" : name;

    /// <summary>The name of a namespace where Pinecone wants one.</summary>
    public static string There(string name) => name.Length == 0 ? DefaultNamespace : name;

    private static float[] Values(JsonElement json)
    {
        if (!json.TryGetProperty("values", out var values) || values.ValueKind != JsonValueKind.Array)
            return [];
        var result = new float[values.GetArrayLength()];
        var i = 0;
        foreach (var value in values.EnumerateArray())
            result[i++] = value.GetSingle();
        return result;
    }

    // Pinecone says nothing of the order of equal scores; the seam does.
    private static void SortTies(List<VectorMatch> matches)
    {
        for (var start = 0; start < matches.Count;)
        {
            var end = start + 1;
            while (end < matches.Count && matches[end].Score == matches[start].Score)
                end++;
            if (end - start > 1)
                matches.Sort(start, end - start, Comparer<VectorMatch>.Create(static (a, b) => string.CompareOrdinal(a.Id, b.Id)));
            start = end;
        }
    }
}
