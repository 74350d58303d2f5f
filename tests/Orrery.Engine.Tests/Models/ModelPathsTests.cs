using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Models;
using Orrery.Engine.Tests.Support;

namespace Orrery.Engine.Tests.Models;

/// <summary>What a stranger's model may name, and where its links may lead.</summary>
public sealed class ModelPathsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    private string Model => Path.Combine(_root, "models", "mini");

    public ModelPathsTests() => Repository.Copy(Repository.Fixture("models", "tiny-mean"), Model);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("../../secret.onnx")]
    [InlineData("/etc/passwd")]
    [InlineData("/dev/zero")]
    [InlineData("onnx/../../x")]
    [InlineData("")]
    public void Refuses_a_graph_outside_the_models_directory(string file)
    {
        File.WriteAllText(Path.Combine(Model, "orrery.json"), $$"""{"file": "{{file}}"}""");
        Assert.StartsWith("orrery.json: file", Scan().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_module_outside_the_models_directory()
    {
        File.WriteAllText(Path.Combine(Model, "modules.json"), """[{"type": "sentence_transformers.models.Transformer", "path": "../other"}]""");
        Assert.StartsWith("modules.json: [0]: path", Scan().Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    [InlineData("onnx/model.onnx")]
    [InlineData("1_Pooling/config.json")]
    [InlineData("orrery.json")]
    public void Refuses_a_link_to_elsewhere_and_never_opens_what_has_no_end(string name)
    {
        foreach (var target in (string[])["/dev/zero", "/etc/hostname"])
        {
            Link(name, target);
            Assert.Equal($"{name} is a link to a place outside the directories of models", Scan().Reason);
        }
    }

    [Fact]
    public void Follows_links_as_the_hubs_cache_and_mounts_are_made_of_them()
    {
        var digest = Scan().Digest;
        Assert.NotEmpty(digest);
        // The hub's cache: models--owner--name/snapshots/revision/file, over blobs/digest, wherever it lies.
        Move("onnx/model.onnx", Path.Combine(_root, "cache", "models--owner--mini", "blobs", "abc"));
        // A mount of Kubernetes: file, over ..data/file, over a folder named by the time.
        Move("config.json", Path.Combine(Model, "..2026_01_01", "config.json"));
        File.Delete(Path.Combine(Model, "config.json"));
        Directory.CreateSymbolicLink(Path.Combine(Model, "..data"), "..2026_01_01");
        File.CreateSymbolicLink(Path.Combine(Model, "config.json"), "..data/config.json");
        // Below the root that the operator names.
        Move("tokenizer.json", Path.Combine(_root, "models", "shared", "tokenizer.json"));
        Assert.Equal((digest, null), (Scan().Digest, Scan().Reason));
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("config.json")]
    [InlineData("onnx/model.onnx")]
    public void Refuses_what_is_no_file_and_does_not_wait_for_it(string name)
    {
        File.Delete(Path.Combine(Model, name));
        using (var made = Process.Start("mkfifo", [Path.Combine(Model, name)]))
            made.WaitForExit();
        Assert.Equal($"{name} is empty, or no file at all", Scan().Reason);
    }

    [Fact]
    public async Task Links_lead_as_far_for_one_model_alone_as_for_all()
    {
        Move("tokenizer.json", Path.Combine(_root, "models", "shared", "tokenizer.json"));
        var alone = new EngineOptions { ModelDirectories = [Path.Combine(_root, "models")] }.Only(new NamedDirectory("mini", Model), []);
        await using var backend = await LocalBackend.CreateAsync(alone, NullLoggerFactory.Instance, TimeProvider.System, default);
        Assert.Null((await backend.LoadAsync("mini", default)).Error);
    }

    [Fact]
    public void Calls_a_pointer_of_git_lfs_one()
    {
        File.WriteAllText(Path.Combine(Model, "onnx", "model.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 90405214\n");
        Assert.StartsWith("onnx/model.onnx is a Git LFS pointer", Scan().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_links_that_lead_round_in_circles()
    {
        Link("config.json", Path.Combine(Model, "other.json"));
        File.CreateSymbolicLink(Path.Combine(Model, "other.json"), Path.Combine(Model, "config.json"));
        Assert.Empty(Scan().Digest);
    }

    private StoredModel Scan() => Assert.Single(new ModelStore().Scan([Path.Combine(_root, "models")], default), model => model.Name == "mini");

    private void Link(string name, string target)
    {
        File.Delete(Path.Combine(Model, name));
        File.CreateSymbolicLink(Path.Combine(Model, name), target);
    }

    private void Move(string name, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Move(Path.Combine(Model, name), to);
        File.CreateSymbolicLink(Path.Combine(Model, name), to);
    }
}
