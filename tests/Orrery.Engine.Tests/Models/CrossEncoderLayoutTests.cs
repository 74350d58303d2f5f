using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;

namespace Orrery.Engine.Tests.Models;

/// <summary>What the files of a cross-encoder say of the texts that it judges.</summary>
public sealed class CrossEncoderLayoutTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("orrery-test-").FullName, "tiny");

    public CrossEncoderLayoutTests() => Repository.Copy(Repository.Fixture("models", "tiny-cross-encoder"), _folder);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public async Task Puts_its_default_prompt_before_the_first_text()
    {
        await using var before = await Start();
        Write("config_sentence_transformers.json", """{"prompts": {"ask": "a question: "}, "default_prompt_name": "ask"}""");
        await using var after = await Start();
        Assert.Equal(await Score(before, "a question: who", "the other"), await Score(after, "who", "the other"));
        Assert.Contains("config_sentence_transformers.json: default_prompt_name", after.Models[0].ReadingChanges);
    }

    [Fact]
    public async Task Cuts_the_longer_text_of_a_pair_first_whatever_the_tokenizers_file_says()
    {
        var (question, text) = (string.Join(' ', Enumerable.Range(0, 20)), string.Join(' ', Enumerable.Range(100, 300)));
        await using var before = await Start();
        var tokenizer = Path.Combine(_folder, "tokenizer.json");
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(tokenizer))!;
        json["truncation"] = System.Text.Json.Nodes.JsonNode.Parse("""{"direction": "Right", "max_length": 48, "strategy": "OnlyFirst", "stride": 0}""");
        File.WriteAllText(tokenizer, json.ToJsonString());
        await using var after = await Start();
        Assert.Equal(await Score(before, question, text), await Score(after, question, text));
        Assert.Contains("tokenizer.json: truncation", after.Models[0].ReadingChanges);
    }

    private static async Task<float> Score(LocalBackend backend, string text, string pair)
    {
        using var output = (await backend.ScoreAsync(new ScoreRequest { Model = "", Inputs = [TextInput.OfPair(text, pair)], Truncation = Truncation.Right }, default)).Value!;
        return output[0][0];
    }

    private async Task<LocalBackend> Start()
    {
        var options = new EngineOptions { ModelDirectories = [_folder], Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 512 };
        var backend = await LocalBackend.CreateAsync(options, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        Assert.True(backend.Models[0].State == ModelState.Ready, backend.Models[0].Reason);
        return backend;
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
