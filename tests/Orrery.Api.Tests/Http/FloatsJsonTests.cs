using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.Http;

namespace Orrery.Api.Tests.Http;

public sealed class FloatsJsonTests
{
    private static readonly string[] _pieces =
        ["1", "-2.5", "3e1", "0", "-0.0", "1e39", "01", "1.", "NaN", "null", "\"x\"", "[1]", "{}", ",", ",", ",", " ", "\n", "]", "[", "}", "12345678901234567890123", "\t", "\u00a0", "1e", "-"];

    /// <summary>Of any array, right or wrong, the same is said as by .NET's reader, and what follows is read as it would have been.</summary>
    [Fact]
    public void Says_of_an_array_what_the_reader_of_json_says()
    {
        var separated = Gen.Elements("1", "-2.5", "3e1", "0", "1e39", "null", " 7 ", "\n8").ListOf().Select(items => string.Join(',', items));
        var arrays = Gen.OneOf(separated, Gen.Elements(_pieces).ListOf().Select(string.Concat));
        Prop.ForAll(arrays.ToArbitrary(), Agrees).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void Refuses_more_than_the_limit()
    {
        using var floats = new FloatBlock(1);
        var json = new RequestJson("""{"v":[1,2,3],"w":[1,2]}"""u8);
        Assert.True(json.NextField());
        Assert.Null(json.Floats("v", floats, 2));
        Assert.Equal("v has more than 2 components", json.Error!.Message);
    }

    private static bool Agrees(string array)
    {
        var body = Encoding.UTF8.GetBytes($"{{\"v\":[{array}],\"after\":[5]}}");
        float[]? wanted;
        try
        {
            using var document = JsonDocument.Parse(body);
            var read = document.RootElement.GetProperty("v");
            wanted = read.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number ? item.GetSingle() : float.NaN).ToArray();
            if (!wanted.All(float.IsFinite) || !document.RootElement.TryGetProperty("after", out _))
                wanted = null;
        }
        catch (JsonException)
        {
            wanted = null;
        }

        using var floats = new FloatBlock(1);
        var json = new RequestJson(body);
        int? count = null, after = null;
        while (json.NextField())
        {
            if (json.Is("v"u8))
            {
                floats.Cut(0);
                count = json.Floats("v", floats, 100_000);
            }
            else if (json.Is("after"u8))
            {
                after = json.Floats("after", floats, 1);
            }
            else
            {
                json.Skip();
            }
        }

        if (json.End() is { } error)
            return wanted is null && error.Message.Length > 0;
        return wanted is not null && after == 1 && count == wanted.Length && floats.Values.Span[..^1].SequenceEqual(wanted) && floats.Values.Span[^1] == 5;
    }
}
