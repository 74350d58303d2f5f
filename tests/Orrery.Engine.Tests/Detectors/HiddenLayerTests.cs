using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Tests.Support;
using Orrery.Onnx;

namespace Orrery.Engine.Tests.Detectors;

/// <summary>A graph that exposes the vectors of a hidden layer beside the last one's.</summary>
public sealed class HiddenLayerTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("orrery-test-").FullName, "tiny-layers");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public async Task Pools_the_layer_that_is_named()
    {
        var layer = Expose();
        await using var backend = await LocalBackend.CreateAsync(
            new EngineOptions { ModelDirectories = [_folder], Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 1024 }, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        var info = backend.Find("tiny-layers").Value!;
        Assert.True(info.State == ModelState.Ready, info.Reason);

        using var hidden = await Embed(backend, layer, Pooling.Mean);
        using var last = await Embed(backend, null, null);
        using var cls = await Embed(backend, layer, Pooling.Cls);
        Assert.NotEqual(last[0].ToArray(), hidden[0].ToArray());
        var expected = await RunLayer(backend, layer);
        for (var d = 0; d < info.Dimensions; d++)
        {
            Assert.Equal(expected.Average(token => token[d]), hidden[0][d], 1e-4);
            Assert.Equal(expected[0][d], cls[0][d], 1e-4);
        }

        var refused = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of("a")], Layer = "nothing" }, default)).Error!;
        Assert.Equal((InferenceErrorKind.Invalid, "layer"), (refused.Kind, refused.Field));
    }

    private static async Task<TextOutput> Embed(LocalBackend backend, string? layer, Pooling? pooling) =>
        (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of("a few words")], Layer = layer, Pooling = pooling, Normalize = false }, default)).Value!;

    /// <summary>The layer's vectors of the text's tokens, from the graph itself.</summary>
    private static async Task<float[][]> RunLayer(LocalBackend backend, string layer)
    {
        var ids = (await backend.TokenizeAsync("", ["a few words"], addSpecialTokens: true, default)).Value![0].Select(token => (long)token.Id).ToArray();
        NamedTensor Tensor(string name, long[] values) =>
            new() { Name = name, Type = OrtElementType.Int64, Shape = [1, values.Length], Data = MemoryMarshal.AsBytes<long>(values).ToArray() };
        var request = new TensorRequest
        {
            Model = "tiny-layers",
            Inputs = [Tensor("input_ids", ids), Tensor("attention_mask", [.. ids.Select(_ => 1L)]), Tensor("token_type_ids", new long[ids.Length])],
            Outputs = [layer],
        };
        var tensor = (await backend.InferAsync(request, default)).Value!.Outputs[0];
        return [.. MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray().Chunk((int)tensor.Shape[2])];
    }

    /// <summary>Makes an output of the first layer normalization's result.</summary>
    private string Expose()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.Fixture("models", "tiny-mean"), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(_folder, Path.GetRelativePath(Repository.Fixture("models", "tiny-mean"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        var path = Path.Combine(_folder, "onnx", "model.onnx");
        var model = OnnxFile.Parse(File.ReadAllBytes(path));
        var name = model.Graph.Node.First(node => node.OpType == "LayerNormalization").Output[0];
        // The declared output with another name: same type, same shape.
        var hidden = model.Graph.Output.First(output => output.Name == "last_hidden_state").Clone();
        hidden.Name = name;
        model.Graph.Output.Add(hidden);
        File.WriteAllBytes(path, model.ToByteArray());
        return name;
    }
}
