using System.Text.Json;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>Metadata and filters from few fields and values, so that filters often match.</summary>
internal static class RandomMetadata
{
    private static readonly string[] _fields = ["genre", "year", "a\u0000b", "ü", "tags"];

    // Two long texts that begin alike, an empty one, one with a zero, and one that looks like a number.
    private static readonly string[] _texts = ["", "drama", "dra\u0000ma", "7", "é😀", new string('x', 60), new string('x', 59) + "y"];

    private static readonly double[] _numbers = [-1.5, -0.0, 0, 1, 7, 1e300, 9007199254740993, double.Epsilon];

    public static string Object(Random random)
    {
        var fields = _fields.Where(_ => random.Next(2) == 0).Select(field => $"{JsonSerializer.Serialize(field)}:{Value(random, lists: true)}");
        return "{" + string.Join(',', fields) + "}";
    }

    public static string Filter(Random random, int depth)
    {
        var parts = Enumerable.Range(0, random.Next(1, 3)).Select(_ => random.Next(depth > 0 ? 4 : 2) switch
        {
            2 => $"\"$and\":[{Filter(random, depth - 1)},{Filter(random, depth - 1)}]",
            3 => $"\"$or\":[{Filter(random, depth - 1)},{Filter(random, depth - 1)}]",
            _ => $"{JsonSerializer.Serialize(_fields[random.Next(_fields.Length)])}:{Condition(random)}",
        });
        return "{" + string.Join(',', parts) + "}";
    }

    private static string Condition(Random random) => random.Next(10) switch
    {
        0 => Value(random, lists: false),
        1 => $$"""{"$eq":{{Value(random, lists: false)}}}""",
        2 => $$"""{"$ne":{{Value(random, lists: false)}}}""",
        3 => $$"""{"$gt":{{Number(random)}}}""",
        4 => $$"""{"$gte":{{Number(random)}},"$lt":{{Number(random)}}}""",
        5 => $$"""{"$lte":{{Number(random)}}}""",
        6 => $$"""{"$in":[{{Text(random)}},{{Number(random)}},{{Text(random)}}]}""",
        7 => $$"""{"$nin":[{{Text(random)}},{{Number(random)}}]}""",
        8 => """{"$exists":true}""",
        _ => """{"$exists":false}""",
    };

    private static string Value(Random random, bool lists) => random.Next(lists ? 4 : 3) switch
    {
        0 => Text(random),
        1 => Number(random),
        2 => random.Next(2) == 0 ? "true" : "false",
        _ => "[" + string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Text(random))) + "]",
    };

    private static string Text(Random random) => JsonSerializer.Serialize(_texts[random.Next(_texts.Length)]);

    private static string Number(Random random) => JsonSerializer.Serialize(_numbers[random.Next(_numbers.Length)]);
}
