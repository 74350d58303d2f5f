using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Orrery.Onnx;
using AttributeType = Orrery.Onnx.AttributeProto.Types.AttributeType;
using ElementType = Orrery.Onnx.TensorProto.Types.DataType;

namespace Orrery.Engine.Tests.Support;

/// <summary>A small ONNX graph, made by a test. Sizes are numbers, or names for those that are open.</summary>
internal sealed class TinyGraph
{
    private readonly GraphProto _graph = new() { Name = "tiny" };

    public TinyGraph Input(string name, ElementType type, params string[] shape)
    {
        _graph.Input.Add(Value(name, type, shape));
        return this;
    }

    public TinyGraph Output(string name, ElementType type, params string[] shape)
    {
        _graph.Output.Add(Value(name, type, shape));
        return this;
    }

    public TinyGraph Constant(string name, long[] values, params long[] shape)
    {
        _graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)ElementType.Int64, Dims = { shape }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(values)) });
        return this;
    }

    public TinyGraph Constant(string name, float[] values, params long[] shape)
    {
        _graph.Initializer.Add(new TensorProto { Name = name, DataType = (int)ElementType.Float, Dims = { shape }, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)) });
        return this;
    }

    public TinyGraph Node(string type, string output, string[] inputs, params (string Name, long Value)[] attributes)
    {
        var node = new NodeProto { OpType = type, Name = output, Input = { inputs }, Output = { output } };
        foreach (var (name, value) in attributes)
            node.Attribute.Add(new AttributeProto { Name = name, Type = AttributeType.Int, I = value });
        _graph.Node.Add(node);
        return this;
    }

    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 17 } }, Graph = _graph }.ToByteArray());
    }

    private static ValueInfoProto Value(string name, ElementType type, string[] shape)
    {
        var sizes = new TensorShapeProto();
        foreach (var size in shape)
            sizes.Dim.Add(Dimension(size));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = sizes } } };
    }

    private static TensorShapeProto.Types.Dimension Dimension(string size) =>
        long.TryParse(size, CultureInfo.InvariantCulture, out var number) ? new() { DimValue = number } : new() { DimParam = size };
}
