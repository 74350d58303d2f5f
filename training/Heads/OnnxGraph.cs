using System.Runtime.InteropServices;
using System.Text;
using Orrery.Training.Features;

namespace Orrery.Training.Heads;

/// <summary>
/// An ONNX graph as it is built. The field numbers are those of onnx.proto in https://github.com/onnx/onnx (onnx/onnx.proto3):
/// <code>
/// ModelProto          ir_version 1, producer_name 2, producer_version 3, graph 7, opset_import 8, metadata_props 14
/// OperatorSetIdProto  domain 1, version 2                StringStringEntryProto  key 1, value 2
/// GraphProto          node 1, name 2, initializer 5, input 11, output 12
/// NodeProto           input 1, output 2, name 3, op_type 4, attribute 5
/// AttributeProto      name 1, i 3, ints 8, type 20 (INT = 2, INTS = 7)
/// TensorProto         dims 1, data_type 2 (FLOAT = 1, STRING = 8), string_data 6, name 8, raw_data 9
/// ValueInfoProto      name 1, type 2                     TypeProto               tensor_type 1
/// TypeProto.Tensor    elem_type 1, shape 2               TensorShapeProto        dim 1
/// Dimension           dim_value 1, dim_param 2
/// </code>
/// </summary>
internal sealed class OnnxGraph
{
    private const int OpsetVersion = 17;
    private const int IrVersion = 8;
    private const int AttributeInt = 2;
    private const int AttributeInts = 7;

    private readonly ProtoMessage _graph = new();
    private readonly List<ProtoMessage> _initializers = [];
    private readonly List<ProtoMessage> _inputs = [];
    private readonly List<ProtoMessage> _outputs = [];

    /// <summary>The element types used, by their numbers in TensorProto.DataType.</summary>
    internal enum ElementType
    {
        Float = 1,
        Text = 8,
    }

    /// <summary>Adds a node of one output, whose name is the node's too.</summary>
    /// <returns>The output's name.</returns>
    internal string Node(string type, string output, ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Name, long Value)> attributes)
    {
        var node = Begin(output, inputs).Text(4, type);
        foreach (var (name, value) in attributes)
            node.Message(5, new ProtoMessage().Text(1, name).Integer(3, value).Integer(20, AttributeInt));
        _graph.Message(1, node);
        return output;
    }

    /// <summary>Adds a node that reduces the second axis and keeps it.</summary>
    internal string Reduce(string type, string output, string input)
    {
        var axes = new ProtoMessage().Text(1, "axes").Integer(8, 1).Integer(20, AttributeInts);
        var keep = new ProtoMessage().Text(1, "keepdims").Integer(3, 1).Integer(20, AttributeInt);
        _graph.Message(1, Begin(output, [input]).Text(4, type).Message(5, axes).Message(5, keep));
        return output;
    }

    /// <summary>Adds constant numbers of some shape.</summary>
    internal string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        var tensor = Tensor(name, ElementType.Float, shape);
        // raw_data is little-endian, as every processor that .NET 10 runs this project's native library on.
        tensor.Bytes(9, MemoryMarshal.AsBytes(values));
        _initializers.Add(tensor);
        return name;
    }

    /// <summary>Adds a constant matrix.</summary>
    internal string Constant(string name, Matrix values) => Constant(name, values.Values, values.Rows, values.Columns);

    /// <summary>Adds a constant list of texts.</summary>
    internal string Constant(string name, IReadOnlyList<string> texts)
    {
        var tensor = Tensor(name, ElementType.Text, [texts.Count]);
        foreach (string text in texts)
            tensor.Bytes(6, Encoding.UTF8.GetBytes(text));
        _initializers.Add(tensor);
        return name;
    }

    /// <summary>Declares the graph's input [N, columns].</summary>
    internal void Input(string name, ElementType type, int columns) => _inputs.Add(Value(name, type, columns));

    /// <summary>Declares an output of the graph: [N, columns], or [N] where columns is null.</summary>
    internal void Output(string name, ElementType type, int? columns) => _outputs.Add(Value(name, type, columns));

    /// <summary>Writes the model.</summary>
    internal void WriteTo(Stream stream, string producer, string version, ReadOnlySpan<(string Key, string Value)> metadata)
    {
        _graph.Text(2, "head");
        foreach (var initializer in _initializers)
            _graph.Message(5, initializer);
        foreach (var input in _inputs)
            _graph.Message(11, input);
        foreach (var output in _outputs)
            _graph.Message(12, output);
        var model = new ProtoMessage().Integer(1, IrVersion).Text(2, producer).Text(3, version).Message(7, _graph)
            .Message(8, new ProtoMessage().Text(1, "").Integer(2, OpsetVersion));
        foreach (var (key, value) in metadata)
            model.Message(14, new ProtoMessage().Text(1, key).Text(2, value));
        model.WriteTo(stream);
    }

    private static ProtoMessage Begin(string output, ReadOnlySpan<string> inputs)
    {
        var node = new ProtoMessage();
        foreach (string input in inputs)
            node.Text(1, input);
        return node.Text(2, output).Text(3, output);
    }

    private static ProtoMessage Tensor(string name, ElementType type, ReadOnlySpan<long> shape)
    {
        var tensor = new ProtoMessage();
        foreach (long dimension in shape)
            tensor.Integer(1, dimension);
        return tensor.Integer(2, (int)type).Text(8, name);
    }

    private static ProtoMessage Value(string name, ElementType type, int? columns)
    {
        var shape = new ProtoMessage().Message(1, new ProtoMessage().Text(2, "N"));
        if (columns is { } fixedColumns)
            shape.Message(1, new ProtoMessage().Integer(1, fixedColumns));
        var tensor = new ProtoMessage().Integer(1, (int)type).Message(2, shape);
        return new ProtoMessage().Text(1, name).Message(2, new ProtoMessage().Message(1, tensor));
    }
}
