using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Detectors;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Tests.Support;
using Orrery.Onnx;

namespace Orrery.Engine.Tests.Models;

/// <summary>scikit-learn's graphs as models of their own, and as detectors' heads in all the forms that its converter has for probabilities.</summary>
public sealed class SklearnModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Gives_a_zip_maps_dictionaries_as_a_tensor_with_the_classes_names()
    {
        var name = Zipped();
        var directory = Directory.CreateDirectory(Path.Combine(_folder, "zipped")).FullName;
        File.Copy(Repository.Fixture("sklearn", name + ".onnx"), Path.Combine(directory, "model.onnx"));
        await using var backend = await LocalBackend.CreateAsync(new EngineOptions { ModelDirectories = [directory], Sessions = 1, ThreadsPerSession = 1 }, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        var info = backend.Find("zipped").Value!;
        Assert.True(info.State == ModelState.Ready, info.Reason);
        var output = Assert.Single(info.Outputs, output => output.ElementType == OrtElementType.Float32);
        var columns = (int)info.Inputs[0].Shape[1];
        var rows = new float[2 * columns];
        var request = new TensorRequest
        {
            Model = "zipped",
            Inputs = [new NamedTensor { Name = info.Inputs[0].Name, Type = OrtElementType.Float32, Shape = [2, columns], Data = MemoryMarshal.AsBytes<float>(rows).ToArray() }],
        };
        var answer = (await backend.InferAsync(request, default)).Value!.Outputs.First(tensor => tensor.Name == output.Name);
        using var head = Head.Load(backend.Runtime, File.ReadAllBytes(Repository.Fixture("sklearn", name + ".onnx")), new DetectorManifest { Model = "m", ModelDigest = "" });
        Assert.Equal(head.Labels.AsEnumerable(), info.OutputLabels[output.Name]);
        var scores = new float[2 * head.Labels.Length];
        head.Run(rows, 2, scores);
        Assert.Equal([2, head.Labels.Length], answer.Shape);
        Assert.Equal(scores, MemoryMarshal.Cast<byte, float>(answer.Data.Span).ToArray());
    }

    [Fact]
    public void Takes_probabilities_in_an_output_a_class_for_a_head()
    {
        var file = File.ReadAllBytes(Repository.Fixture("sklearn", Zipped() + ".onnx"));
        var environment = OrtEnvironment.Create();
        var manifest = new DetectorManifest { Model = "m", ModelDigest = "" };
        using var whole = Head.Load(environment, file, manifest);
        using var columns = Head.Load(environment, InColumns(file, whole.Labels), manifest);
        Assert.Equal(whole.Labels.AsEnumerable(), columns.Labels);
        var rows = Enumerable.Range(0, 3 * whole.Dimensions).Select(i => MathF.Sin(i)).ToArray();
        var (expected, scores) = (new float[3 * whole.Labels.Length], new float[3 * whole.Labels.Length]);
        whole.Run(rows, 3, expected);
        columns.Run(rows, 3, scores);
        Assert.Equal(expected, scores);
    }

    [Theory]
    [InlineData("several", "a head for each label")]
    [InlineData("regression", "regression")]
    [InlineData("strings", "BYTES")]
    public void Refuses_a_head_that_it_cannot_be_and_says_what_would_work(string kind, string says)
    {
        var model = OnnxFile.Parse(File.ReadAllBytes(Repository.Fixture("sklearn", Zipped() + ".onnx")));
        model.Graph.Node.Clear();
        model.Graph.Output.Clear();
        var input = model.Graph.Input[0];
        if (kind == "strings")
            input.Type.TensorType.ElemType = (int)TensorProto.Types.DataType.String;
        Add(model, "Identity", kind == "several" ? "labels" : "variable", input.Name);
        var output = new ValueInfoProto { Name = model.Graph.Node[0].Output[0], Type = input.Type.Clone() };
        if (kind == "several")
        {
            model.Graph.Node[0].OpType = "Cast";
            model.Graph.Node[0].Attribute.Add(new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (int)TensorProto.Types.DataType.Int64 });
            output.Type.TensorType.ElemType = (int)TensorProto.Types.DataType.Int64;
        }
        else if (kind == "regression")
        {
            model.Graph.Node[0].OpType = "ReduceSum";
            output.Type.TensorType.Shape.Dim[1].DimValue = 1;
            var axes = new TensorProto { Name = "axes", DataType = (int)TensorProto.Types.DataType.Int64 };
            axes.Dims.Add(1);
            axes.Int64Data.Add(1);
            model.Graph.Initializer.Clear();
            model.Graph.Initializer.Add(axes);
            model.Graph.Node[0].Input.Add("axes");
        }

        model.Graph.Output.Add(output);
        var refused = Assert.Throws<ModelFormatException>(() => Head.Load(OrtEnvironment.Create(), model.ToByteArray(), new DetectorManifest { Model = "m", ModelDigest = "" }));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    private static string Zipped() => Directory.GetFiles(Repository.Fixture("sklearn"), "logistic-3-text.onnx").Select(path => Path.GetFileNameWithoutExtension(path)).Single();

    /// <summary>As the converter's option zipmap="columns" has it.</summary>
    private static byte[] InColumns(byte[] file, IReadOnlyList<string> labels)
    {
        var model = OnnxFile.Parse(file);
        SklearnGraph.UnzipMaps(model);
        var graph = model.Graph;
        var scores = graph.Output.Single(output => output.Type.TensorType.ElemType == (int)TensorProto.Types.DataType.Float);
        graph.Output.Remove(scores);
        for (var i = 0; i < labels.Count; i++)
        {
            var index = new TensorProto { Name = $"column{i}", DataType = (int)TensorProto.Types.DataType.Int64 };
            index.Int64Data.Add(i);
            graph.Initializer.Add(index);
            Add(model, "Gather", "s" + labels[i], scores.Name, index.Name);
            graph.Node[^1].Attribute.Add(new AttributeProto { Name = "axis", Type = AttributeProto.Types.AttributeType.Int, I = 1 });
            var column = scores.Clone();
            column.Name = "s" + labels[i];
            column.Type.TensorType.Shape.Dim.RemoveAt(1);
            graph.Output.Add(column);
        }

        return model.ToByteArray();
    }

    private static void Add(ModelProto model, string type, string output, params string[] inputs)
    {
        var node = new NodeProto { OpType = type };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        model.Graph.Node.Add(node);
    }
}
