using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Api.Tests.Support;
using Orrery.Engine;

namespace Orrery.Api.Tests.Pinecone;

public sealed class ActivationTests
{
    [Fact]
    public async Task A_cross_encoder_without_an_activation_ranks_by_its_logits_in_either_protocol()
    {
        using var folder = new TemporaryFolder();
        var directory = Directory.CreateDirectory(Path.Combine(folder.Path, "logits")).FullName;
        foreach (var file in Directory.EnumerateFiles(Repository.Path("tests", "fixtures", "models", "tiny-cross-encoder"), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(directory, Path.GetRelativePath(Repository.Path("tests", "fixtures", "models", "tiny-cross-encoder"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        var config = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "config.json")))!.AsObject();
        config["sentence_transformers"] = new JsonObject { ["activation_fn"] = "torch.nn.modules.linear.Identity" };
        await File.WriteAllTextAsync(Path.Combine(directory, "config.json"), config.ToJsonString());
        await using var backend = await LocalBackend.CreateAsync(new EngineOptions { ModelDirectories = [directory], Sessions = 1, ThreadsPerSession = 1 }, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        await using var server = await ApiServer.StartAsync(backend);
        var logits = (await server.PostAsync("/rerank", """{"query":"what","texts":["one","two words","three more words"],"raw_scores":true}""")).Body;
        Assert.Equal(logits, (await server.PostAsync("/rerank", """{"query":"what","texts":["one","two words","three more words"]}""")).Body);
        var ranked = await server.PostAsync(
            "/rerank", """{"model":"logits","query":"what","documents":[{"text":"one"},{"text":"two words"},{"text":"three more words"}],"return_documents":false}""", ("X-Pinecone-Api-Version", "2026-07"));
        Assert.True(ranked.Status == 200, ranked.Body);
        Assert.Equal(logits, ranked.Json.GetProperty("data").GetRawText());
    }
}
