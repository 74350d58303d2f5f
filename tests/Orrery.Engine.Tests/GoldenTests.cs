using System.Numerics.Tensors;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;

namespace Orrery.Engine.Tests;

/// <summary>Whole answers against vectors that Hugging Face's libraries gave for the same directories and texts.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Fixtures => [.. Directory.EnumerateFiles(Repository.Fixture("golden", "text"), "tiny-*.json").Select(file => Path.GetFileNameWithoutExtension(file))];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Answers_as_the_reference_does(string model) => await Compare(model, Repository.Fixture("models", model));

    [SharedFact]
    public async Task Answers_as_the_reference_does_with_a_trained_encoder() =>
        await Compare("sentence-bert-tiny", Path.Combine(Repository.Shared!, "models", "trained", "sentence-bert-tiny"));

    [SharedFact]
    public async Task Answers_as_the_reference_does_with_a_trained_classifier() =>
        await Compare("banking77-bert-tiny", Path.Combine(Repository.Shared!, "models", "trained", "banking77-bert-tiny"));

    private static async Task Compare(string name, string directory)
    {
        using var golden = JsonDocument.Parse(await File.ReadAllBytesAsync(Repository.Fixture("golden", "text", name + ".json")));
        var tolerance = golden.RootElement.GetProperty("tolerance").GetDouble();
        await using var backend = await LocalBackend.CreateAsync(
            new EngineOptions { ModelDirectories = [directory], Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 256 },
            NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        var info = backend.Find("").Value!;
        Assert.True(info.State == ModelState.Ready, info.Reason);

        var items = golden.RootElement.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("text").GetString()!.Length > 0 && !IsHalvedPair(item)).ToArray();
        var inputs = items.Select(Input).ToArray();
        var expected = items.Select(Expected).ToArray();
        var answer = expected.Length > 0 && items[0].TryGetProperty("embedding", out _)
            ? await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = inputs, Truncation = Truncation.Right, Normalize = golden.RootElement.GetProperty("normalize").GetBoolean() }, default)
            : await backend.ScoreAsync(new ScoreRequest { Model = "", Inputs = inputs, Truncation = Truncation.Right }, default);
        Assert.Null(answer.Error);
        using var output = answer.Value!;
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(items[i].GetProperty("input_ids").GetArrayLength(), output.Tokens(i));
            for (var d = 0; d < expected[i].Length; d++)
                Assert.True(Math.Abs(expected[i][d] - output[i][d]) <= tolerance, $"{name}, text {i} '{inputs[i].Text}', component {d}: {output[i][d]} instead of {expected[i][d]}");
            if (tolerance < 1e-4)
                Assert.True(TensorPrimitives.CosineSimilarity(expected[i], output[i]) >= 0.9999 || expected[i].Length == 1);
        }
    }

    /// <summary>
    /// Of two texts that are both too long, the reference's releases give the odd token to different ones: 0.22, which the
    /// tokenizer's own tests compare pairs with, to the longer; 0.23, which made these vectors, to the second.
    /// </summary>
    private static bool IsHalvedPair(JsonElement item) =>
        item.TryGetProperty("pair", out var pair) && pair.GetString()?.Length > 200 && item.GetProperty("text").GetString()!.Length > 200;

    private static TextInput Input(JsonElement item) =>
        item.TryGetProperty("pair", out var pair) && pair.ValueKind == JsonValueKind.String
            ? TextInput.OfPair(item.GetProperty("text").GetString()!, pair.GetString()!)
            : TextInput.Of(item.GetProperty("text").GetString()!);

    private static float[] Expected(JsonElement item)
    {
        if (item.TryGetProperty("logit", out var logit))
            return [logit.GetSingle()];
        var values = item.TryGetProperty("embedding", out var embedding) ? embedding : item.GetProperty("logits");
        return [.. values.EnumerateArray().Select(value => value.GetSingle())];
    }
}
