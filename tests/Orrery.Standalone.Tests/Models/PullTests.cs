using Google.Protobuf;
using Orrery.Onnx;

namespace Orrery.Standalone.Tests.Models;

public sealed class PullTests : IAsyncLifetime
{
    private HubServer _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubServer.StartAsync();
        foreach (var file in Directory.EnumerateFiles(Checkout.Fixture("tiny-mean"), "*", SearchOption.AllDirectories))
            _hub.Files[Path.GetRelativePath(Checkout.Fixture("tiny-mean"), file)] = await File.ReadAllBytesAsync(file);
        _hub.Files["pytorch_model.bin"] = new byte[1000];
        _hub.Files["onnx/model_quantized.onnx"] = [1, 2, 3];
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Downloads_what_the_model_needs_and_no_more_and_serves_it()
    {
        var (code, output, folder) = await PullAsync("owner/name@v2");
        Assert.True(code == 0, output);
        Assert.Contains(HubServer.Commit, output, StringComparison.Ordinal);
        Assert.Equal(_hub.Files["onnx/model.onnx"], await File.ReadAllBytesAsync(Path.Combine(folder, "onnx", "model.onnx")));
        Assert.False(File.Exists(Path.Combine(folder, "pytorch_model.bin")));
        Assert.False(File.Exists(Path.Combine(folder, "onnx", "model_quantized.onnx")));
        Assert.Empty(Directory.EnumerateFiles(folder, "*.part", SearchOption.AllDirectories));
        var (process, client) = await OrreryProcess.ServeAsync("--models", Path.Combine(folder, "..", ".."));
        using (process)
        using (client)
            Assert.Contains("owner/name  embedding", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Goes_on_where_a_broken_download_ended()
    {
        var to = Directory.CreateTempSubdirectory("orrery-test-").FullName;
        var part = new FileInfo(Path.Combine(to, "owner", "name", "onnx", "model.onnx.part"));
        _hub.BreakAfter = 5000;
        _hub.HasArrived = () =>
        {
            part.Refresh();
            return part.Exists && part.Length >= 5000;
        };
        var (code, output, folder) = await PullAsync("owner/name", to);
        Assert.Equal(2, code);
        Assert.Contains("run the command again", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "onnx", "model.onnx")));
        (code, output, _) = await PullAsync("owner/name", to);
        Assert.True(code == 0, output);
        Assert.Equal([0, 5000], _hub.Starts);
        Assert.Equal(_hub.Files["onnx/model.onnx"], await File.ReadAllBytesAsync(Path.Combine(folder, "onnx", "model.onnx")));
    }

    [Fact]
    public async Task Fetches_what_the_files_that_came_name_whatever_it_is_called()
    {
        const string Modules = """
            [{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": "sentence_transformers.models.Pooling", "path": "pooling"},
             {"type": "sentence_transformers.models.Dense", "path": "head"}]
            """;
        var tensor = new TensorOutline { Name = "weights", ExternalData = { new StringStringEntryProto { Key = "location", Value = "numbers.bin" } } };
        _hub.Files["modules.json"] = System.Text.Encoding.UTF8.GetBytes(Modules);
        _hub.Files["onnx/model.onnx"] = new ModelOutline { Graph = new GraphOutline { Initializer = { tensor } } }.ToByteArray();
        string[] named = ["onnx/numbers.bin", "pooling/config.json", "head/config.json", "head/model.safetensors"];
        foreach (var name in (string[])[.. named, "onnx/other.bin", "model.safetensors", "head/pytorch_model.bin"])
            _hub.Files[name] = "{}"u8.ToArray();
        var (code, output, folder) = await PullAsync("owner/name");
        Assert.True(code == 0, output);
        Assert.All(named, name => Assert.True(File.Exists(Path.Combine(folder, name)), name));
        Assert.Empty(Directory.EnumerateFiles(folder, "other.bin", SearchOption.AllDirectories));
        Assert.False(File.Exists(Path.Combine(folder, "model.safetensors")));
        Assert.False(File.Exists(Path.Combine(folder, "head", "pytorch_model.bin")));
    }

    [Fact]
    public async Task Keeps_nothing_whose_checksum_differs()
    {
        _hub.Hashes["onnx/model.onnx"] = new string('0', 64);
        var (code, output, folder) = await PullAsync("owner/name");
        Assert.Equal(2, code);
        Assert.Contains("was announced", output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(folder, "onnx")));
    }

    [Fact]
    public async Task Downloads_nothing_twice()
    {
        var (_, _, folder) = await PullAsync("owner/name");
        Assert.Equal(0, (await PullAsync("owner/name", Path.GetFullPath(Path.Combine(folder, "..", "..")))).Code);
        Assert.Single(_hub.Starts);
    }

    [Fact]
    public async Task Asks_for_a_token_where_one_is_needed_and_sends_it()
    {
        _hub.RequiredToken = "secret";
        Assert.Contains("HF_TOKEN", (await PullAsync("owner/name")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await PullAsync("owner/name", null, ("HF_TOKEN", "secret"))).Code);
    }

    [Theory]
    [InlineData("nobody/name", "does not exist")]
    [InlineData("name", "not owner/name")]
    [InlineData("../../etc", "not owner/name")]
    public async Task Says_what_is_wrong_with_a_name(string name, string reason)
    {
        var (code, output, _) = await PullAsync(name);
        Assert.Equal(2, code);
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_repository_without_a_graph_or_with_unsafe_names()
    {
        _hub.Files["../outside.json"] = [1];
        Assert.Contains("unsafe name", (await PullAsync("owner/name")).Output, StringComparison.Ordinal);
        _hub.Files.Clear();
        _hub.Files["config.json"] = [1];
        Assert.Contains("no ONNX graph", (await PullAsync("owner/name")).Output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Folder)> PullAsync(string name, string? to = null, params (string Name, string Value)[] environment)
    {
        to ??= Directory.CreateTempSubdirectory("orrery-test-").FullName;
        using var process = new OrreryProcess(["models", "pull", name, "--to", to], [("HF_ENDPOINT", _hub.Address), .. environment]);
        var code = await process.EndAsync();
        return (code, process.Output, Path.Combine(to, "owner", "name"));
    }
}
