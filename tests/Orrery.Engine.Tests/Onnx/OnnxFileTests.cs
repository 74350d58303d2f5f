using Google.Protobuf;
using Orrery.Engine.Tests.Support;
using Orrery.Onnx;

namespace Orrery.Engine.Tests.Onnx;

public sealed class OnnxFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public static TheoryData<string> Fixtures =>
    [
        .. new[] { "onnx", "models", "sklearn", "detectors" }.SelectMany(folder => Directory.GetFiles(Repository.Fixture(folder), "*.onnx", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Repository.Fixture(""), path)).Order(StringComparer.Ordinal),
    ];

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Passes_over_weights_and_keeps_none_of_them()
    {
        WriteSparse(300L << 20);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var graph = OnnxFile.Look(_path).Graph;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(allocated < 1 << 20, $"{allocated} bytes for a graph of 300 MiB");
        Assert.Equal(["weights", "elsewhere"], graph.Initializer.Select(tensor => tensor.Name));
        Assert.Equal(["a/weights.bin"], graph.ExternalFiles());
    }

    [Fact]
    public void Refuses_by_name_what_is_larger_than_a_message_may_be()
    {
        WriteSparse(int.MaxValue);
        Assert.Contains("2 GiB", Assert.Throws<InvalidDataException>(() => OnnxFile.Look(_path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Keeps_what_it_has_no_field_for(string fixture)
    {
        var file = File.ReadAllBytes(Repository.Fixture(fixture));
        var model = OnnxFile.Parse(file);
        var written = model.ToByteArray();
        Assert.Equal(file.Length, written.Length);
        Assert.Equal(model, OnnxFile.Parse(written));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void The_outline_is_what_the_whole_says(string fixture)
    {
        var file = File.ReadAllBytes(Repository.Fixture(fixture));
        var (outline, whole) = (OnnxFile.Look(file).Graph, OnnxFile.Parse(file).Graph);
        Assert.Equal(whole.Node.Select(node => (node.OpType, string.Join(',', node.Input), string.Join(',', node.Output))), outline.Node.Select(node => (node.OpType, string.Join(',', node.Input), string.Join(',', node.Output))));
        Assert.Equal(whole.Initializer.Select(tensor => (tensor.Name, tensor.DataType, string.Join(',', tensor.Dims))), outline.Initializer.Select(tensor => (tensor.Name, tensor.DataType, string.Join(',', tensor.Dims))));
    }

    [Fact]
    public void Finds_external_data_of_branches_and_constants()
    {
        var tensor = new TensorOutline { ExternalData = { Entry("location", "in-a-constant"), Entry("offset", "12") } };
        var branch = new GraphOutline { SparseInitializer = { new SparseOutline { Indices = new TensorOutline { ExternalData = { Entry("location", "in-a-branch") } } } } };
        var graph = new GraphOutline { Node = { new NodeOutline { Attribute = { new AttributeOutline { T = tensor }, new AttributeOutline { G = branch }, new AttributeOutline { Graphs = { branch } } } } } };
        Assert.Equal(["in-a-branch", "in-a-constant"], graph.ExternalFiles());
    }

    private static StringStringEntryProto Entry(string key, string value) => new() { Key = key, Value = value };

    /// <summary>A model of one initializer of so many bytes, of which none is written, and of another with external data behind it.</summary>
    private void WriteSparse(long weights)
    {
        var other = new GraphOutline { Initializer = { new TensorOutline { Name = "elsewhere", ExternalData = { Entry("location", "a/weights.bin") } } } }.ToByteArray();
        var name = new TensorOutline { Name = "weights" }.ToByteArray();
        var tensor = name.Length + 1 + Size(weights) + weights;
        var graph = 1 + Size(tensor) + tensor + other.Length;
        using var file = File.Create(_path);
        Tag(file, 7, graph);
        Tag(file, 5, tensor);
        file.Write(name);
        Tag(file, 9, weights);
        file.Seek(weights, SeekOrigin.Current);
        file.Write(other);
    }

    private static int Size(long value) => CodedOutputStream.ComputeInt64Size(value);

    private static void Tag(FileStream file, int field, long length)
    {
        using var output = new CodedOutputStream(file, leaveOpen: true);
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteInt64(length);
    }
}
