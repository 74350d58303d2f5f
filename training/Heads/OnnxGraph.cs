using System.Runtime.InteropServices;
using Google.Protobuf;
using Orrery.Onnx;
using Orrery.Training.Features;
using AttributeType = Orrery.Onnx.AttributeProto.Types.AttributeType;
using ElementType = Orrery.Onnx.TensorProto.Types.DataType;

namespace Orrery.Training.Heads;

/// <summary>An ONNX graph as it is built. The same calls give the same bytes: protobuf writes fields by their numbers, lists in their order.</summary>
internal sealed class OnnxGraph
{
    private const int OpsetVersion = 17;
    private const int IrVersion = 8;

    private readonly GraphProto _graph = new() { Name = "head" };

    /// <summary>Adds a node of one output, whose name is the node's too.</summary>
    /// <returns>The output's name.</returns>
    internal string Node(string type, string output, ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Name, long Value)> attributes)
    {
        var node = Add(type, output, inputs);
        foreach (var (name, value) in attributes)
            node.Attribute.Add(Integer(name, value));
        return output;
    }

    /// <summary>Adds a node that reduces the second axis and keeps it.</summary>
    internal string Reduce(string type, string output, string input)
    {
        var node = Add(type, output, [input]);
        node.Attribute.Add(new AttributeProto { Name = "axes", Type = AttributeType.Ints, Ints = { 1 } });
        node.Attribute.Add(Integer("keepdims", 1));
        return output;
    }

    /// <summary>Adds constant numbers of some shape.</summary>
    internal string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        var tensor = Tensor(name, ElementType.Float, shape);
        // raw_data is little-endian, as every processor that .NET 10 runs this project's native library on.
        tensor.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values));
        return name;
    }

    /// <summary>Adds a constant matrix.</summary>
    internal string Constant(string name, Matrix values) => Constant(name, values.Values, values.Rows, values.Columns);

    /// <summary>Adds a constant list of texts.</summary>
    internal string Constant(string name, IReadOnlyList<string> texts)
    {
        var tensor = Tensor(name, ElementType.String, [texts.Count]);
        foreach (string text in texts)
            tensor.StringData.Add(ByteString.CopyFromUtf8(text));
        return name;
    }

    /// <summary>Declares the graph's input [N, columns].</summary>
    internal void Input(string name, ElementType type, int columns) => _graph.Input.Add(Value(name, type, columns));

    /// <summary>Declares an output of the graph: [N, columns], or [N] where columns is null.</summary>
    internal void Output(string name, ElementType type, int? columns) => _graph.Output.Add(Value(name, type, columns));

    /// <summary>Writes the model.</summary>
    internal void WriteTo(Stream stream, string producer, string version, ReadOnlySpan<(string Key, string Value)> metadata)
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = producer, ProducerVersion = version, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OpsetVersion });
        foreach (var (key, value) in metadata)
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        model.WriteTo(stream);
    }

    private NodeProto Add(string type, string output, ReadOnlySpan<string> inputs)
    {
        var node = new NodeProto { Name = output, OpType = type, Output = { output } };
        foreach (string input in inputs)
            node.Input.Add(input);
        _graph.Node.Add(node);
        return node;
    }

    private TensorProto Tensor(string name, ElementType type, ReadOnlySpan<long> shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type };
        foreach (long dimension in shape)
            tensor.Dims.Add(dimension);
        _graph.Initializer.Add(tensor);
        return tensor;
    }

    private static AttributeProto Integer(string name, long value) => new() { Name = name, I = value, Type = AttributeType.Int };

    private static ValueInfoProto Value(string name, ElementType type, int? columns)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "N" } } };
        if (columns is { } size)
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}
