using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Orrery.Onnx;
using AttributeType = Orrery.Onnx.AttributeProto.Types.AttributeType;
using ElementType = Orrery.Onnx.TensorProto.Types.DataType;

namespace Orrery.Bench.Shapes;

/// <summary>An ONNX graph as it is built: nodes of one output, named after it, and weights drawn from a seed.</summary>
internal sealed class EncoderGraph(int seed)
{
    private const int OpsetVersion = 17;
    private const int IrVersion = 8;

    private readonly GraphProto _graph = new() { Name = "encoder" };

    public string Node(string type, string output, params ReadOnlySpan<string> inputs)
    {
        Add(type, output, inputs);
        return output;
    }

    public string Cast(string output, string input, ElementType to)
    {
        Add("Cast", output, [input]).Attribute.Add(new AttributeProto { Name = "to", I = (long)to, Type = AttributeType.Int });
        return output;
    }

    public string Transpose(string output, string input, params long[] order)
    {
        Add("Transpose", output, [input]).Attribute.Add(new AttributeProto { Name = "perm", Ints = { order }, Type = AttributeType.Ints });
        return output;
    }

    public string Softmax(string output, string input)
    {
        Add("Softmax", output, [input]).Attribute.Add(new AttributeProto { Name = "axis", I = -1, Type = AttributeType.Int });
        return output;
    }

    /// <summary>Normalizes the last axis, with a gain near 1 and a small bias.</summary>
    public string LayerNorm(string output, string input, int width, float epsilon)
    {
        var node = Add("LayerNormalization", output, [input, Weights($"{output}.weight", 0.1f, 1, width), Weights($"{output}.bias", 0.1f, 0, width)]);
        node.Attribute.Add(new AttributeProto { Name = "axis", I = -1, Type = AttributeType.Int });
        node.Attribute.Add(new AttributeProto { Name = "epsilon", F = epsilon, Type = AttributeType.Float });
        return output;
    }

    /// <summary>A linear layer: [.., from] to [.., to].</summary>
    public string Linear(string output, string input, int from, int to) => Node(
        "Add", output,
        Weights($"{output}.bias", 0.1f, 0, to),
        Node("MatMul", $"{output}.product", input, Weights($"{output}.weight", 1 / MathF.Sqrt(from), 0, from, to)));

    /// <summary>Constant weights, evenly spread around a mean. The same seed, name and shape give the same.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="deviation">The standard deviation.</param>
    /// <param name="mean">The mean.</param>
    /// <param name="shape">The shape.</param>
    public string Weights(string name, float deviation, float mean, params ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var size in shape)
            count *= size;
        var bytes = new byte[count * sizeof(float)];
        var values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        var random = new Random(SeedOf(name));
        var width = deviation * MathF.Sqrt(12);
        foreach (ref var value in values)
            value = mean + (width * (random.NextSingle() - 0.5f));
        Constant(name, ElementType.Float, UnsafeByteOperations.UnsafeWrap(bytes), shape);
        return name;
    }

    public string Scalar(string name, float value)
    {
        Constant(name, ElementType.Float, ByteString.CopyFrom(MemoryMarshal.AsBytes<float>([value])), []);
        return name;
    }

    public string Integers(string name, params ReadOnlySpan<long> values)
    {
        Constant(name, ElementType.Int64, ByteString.CopyFrom(MemoryMarshal.AsBytes(values)), [values.Length]);
        return name;
    }

    /// <summary>Declares an input of ids: [batch, sequence] int64.</summary>
    public string Input(string name)
    {
        _graph.Input.Add(Value(name, ElementType.Int64, "batch_size", "sequence_length"));
        return name;
    }

    /// <summary>Declares an output of rows: [batch, sequence, width] float32.</summary>
    public void Output(string name, int width) => _graph.Output.Add(Value(name, ElementType.Float, "batch_size", "sequence_length", width));

    public void Save(string path)
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "orrery-bench", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OpsetVersion });
        using var file = File.Create(path);
        model.WriteTo(file);
    }

    private NodeProto Add(string type, string output, ReadOnlySpan<string> inputs)
    {
        var node = new NodeProto { Name = output, OpType = type, Output = { output } };
        foreach (var input in inputs)
            node.Input.Add(input);
        _graph.Node.Add(node);
        return node;
    }

    private void Constant(string name, ElementType type, ByteString bytes, ReadOnlySpan<long> shape)
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = bytes };
        foreach (var size in shape)
            tensor.Dims.Add(size);
        _graph.Initializer.Add(tensor);
    }

    /// <summary>A seed for each name, so that the order of the layers does not matter; string.GetHashCode differs by process.</summary>
    private int SeedOf(string name) => BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {name}")));

    private static ValueInfoProto Value(string name, ElementType type, params ReadOnlySpan<object> shape)
    {
        var sizes = new TensorShapeProto();
        foreach (var size in shape)
            sizes.Dim.Add(size is string free ? new TensorShapeProto.Types.Dimension { DimParam = free } : new TensorShapeProto.Types.Dimension { DimValue = (int)size });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = sizes } } };
    }
}
