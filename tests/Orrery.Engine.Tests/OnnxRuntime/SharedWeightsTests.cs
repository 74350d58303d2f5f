using Google.Protobuf;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Tests.Support;
using Orrery.Onnx;

namespace Orrery.Engine.Tests.OnnxRuntime;

/// <summary>Sessions of one rewritten graph over one mapping of its weights.</summary>
public sealed class SharedWeightsTests : IDisposable
{
    private readonly string _folder = Repository.Temporary();

    private static string Graph => Path.Combine(Directory.GetDirectories(Path.Combine(Repository.Root, "samples", "models", "orrery-mini")).Max()!, "onnx", "model.onnx");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Answer_what_a_session_of_its_own_weights_answers_also_when_the_others_are_gone()
    {
        var graph = Rewritten();
        using var alone = new OrtSession(Graphs.Environment, graph, new OrtSessionOptions { IntraOpThreads = 1 });
        var expected = Run(alone);
        var weights = OrtSharedWeights.Open(graph)!;
        var first = new OrtSession(Graphs.Environment, graph, weights, new OrtSessionOptions { IntraOpThreads = 1 });
        using var second = new OrtSession(Graphs.Environment, graph, weights, new OrtSessionOptions { IntraOpThreads = 2 });
        weights.Release();
        Assert.Equal(expected, Run(first));
        first.Dispose();
        Assert.Equal(expected, Run(second));
    }

    [Fact]
    public void Are_refused_when_the_file_does_not_hold_what_the_graph_names()
    {
        var graph = Rewritten();
        var data = Path.Combine(Path.GetDirectoryName(graph)!, "model.data");
        File.WriteAllBytes(data, File.ReadAllBytes(data)[..^4096]);
        Assert.Contains("are not in the file", Assert.Throws<InvalidDataException>(() => OrtSharedWeights.Open(graph)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset", "9223372036854775804")]
    [InlineData("length", "9223372036854775804")]
    [InlineData("offset", "-4")]
    public void Are_refused_where_a_damaged_graph_names_a_place_beyond_all_files(string key, string value)
    {
        var graph = Rewritten();
        var model = ModelOutline.Parser.ParseFrom(File.ReadAllBytes(graph));
        // Those that are mapped: matrices of floats.
        foreach (var tensor in model.Graph.Initializer.Where(tensor => tensor.Dims.Count > 1 && tensor.ExternalData.Count > 0))
            tensor.ExternalData.First(entry => entry.Key == key).Value = value;
        File.WriteAllBytes(graph, model.ToByteArray());
        Assert.Contains("are not in the file", Assert.Throws<InvalidDataException>(() => OrtSharedWeights.Open(graph)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_none_where_the_graph_holds_its_own() => Assert.Null(OrtSharedWeights.Open(Graph));

    private string Rewritten()
    {
        var graph = new GraphCache(new EngineOptions { CacheDirectory = _folder }, Graphs.Environment).Resolve(Graph, new string('a', 64));
        Assert.NotEqual(Graph, graph);
        return graph;
    }

    private static float[] Run(OrtSession session)
    {
        long[] ids = [2, 17, 40, 99, 3, 2, 5, 6, 7, 3];
        var inputs = session.Inputs.Select(input => TestTensor.Of<long>(
            OrtElementType.Int64, input.Name == "input_ids" ? ids : [.. ids.Select(_ => input.Name == "attention_mask" ? 1L : 0)], 2, 5)).ToArray();
        using var outputs = session.Run([.. session.Inputs.Select(input => input.Name)], [.. inputs.Select(input => input.Value)], [session.Outputs[0].Name]);
        foreach (var input in inputs)
            input.Dispose();
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
