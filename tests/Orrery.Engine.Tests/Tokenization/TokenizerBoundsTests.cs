using System.Diagnostics;
using System.Text.Json.Nodes;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Tests.Tokenization;

/// <summary>A stranger's tokenizer file bounds neither time nor memory by itself.</summary>
public sealed class TokenizerBoundsTests
{
    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(a|aa)+$")]
    public void Ends_a_pattern_that_goes_back_for_ever(string pattern)
    {
        var tokenizer = With(json => json["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Split",
            ["behavior"] = "Isolated",
            ["invert"] = false,
            ["pattern"] = new JsonObject { ["Regex"] = pattern },
        });
        var began = Stopwatch.GetTimestamp();
        var e = Assert.Throws<TokenizationException>(() => tokenizer.Encode(new string('a', 200) + "!", EncodeOptions.Default, new Encoding()));
        Assert.Contains(pattern, e.Message, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Bounds_what_normalizers_make_of_a_word()
    {
        JsonObject Replace(string of, string by) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = of }, ["content"] = by };
        var many = new string('x', 2000);
        var tokenizer = With(json => json["normalizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["normalizers"] = new JsonArray(Replace("a", many), Replace("x", many), Replace("x", many)),
        });
        // This thread's alone: other tests run beside.
        var before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<TokenizationException>(() => tokenizer.Encode("a", EncodeOptions.Default, new Encoding()));
        Assert.Contains("characters of a text", e.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
    }

    [Fact]
    public void Lets_the_longest_form_of_unicode_through()
    {
        var tokenizer = With(json => json["normalizer"] = new JsonObject { ["type"] = "NFKD" });
        tokenizer.Encode(new string('\uFDFA', 20_000), EncodeOptions.Default, new Encoding());
    }

    private static Tokenizer With(Action<JsonObject> edit)
    {
        var folder = Repository.Temporary();
        var json = JsonNode.Parse(File.ReadAllText(Repository.Fixture("models", "tiny-mean", "tokenizer.json")))!.AsObject();
        edit(json);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), json.ToJsonString());
        return Tokenizer.FromDirectory(folder);
    }
}
