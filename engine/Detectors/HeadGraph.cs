using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Orrery.Engine.Models;

namespace Orrery.Engine.Detectors;

/// <summary>
/// A head's ONNX file made ready to run. scikit-learn's converter ends a classifier with ZipMap, which turns the tensor of probabilities
/// into a dictionary a row; the tensor is taken instead, and the classes' names with it. Operators: ai.onnx.ml
/// (https://onnx.ai/onnx/operators/index.html#ai-onnx-ml).
/// </summary>
/// <param name="Model">The file, without ZipMap.</param>
/// <param name="Labels">The classes its operators name, in the order of the scores; empty when they name none.</param>
internal sealed record HeadGraph(ReadOnlyMemory<byte> Model, ImmutableArray<string> Labels)
{
    // onnx.proto's field numbers.
    private const int ModelGraph = 7;
    private const int GraphNode = 1, GraphInitializer = 5, GraphOutput = 12;
    private const int TensorType = 2, TypeInt32 = 6, TensorInt32s = 5, TensorStrings = 6, TensorInt64s = 7, TensorName = 8, TensorRaw = 9;
    private const int NodeInput = 1, NodeOutput = 2, NodeOperator = 4, NodeAttribute = 5;
    private const int AttributeName = 1, AttributeInts = 8, AttributeStrings = 9;
    private const int ValueName = 1, ValueType = 2, TypeTensor = 1, TensorElement = 1, ElementFloat = 1;

    // ZipMap says what the converter's user gave; the classifiers' own come second.
    private static readonly string[] _labelAttributes = ["classlabels_strings", "classlabels_int64s", "classlabels_ints"];

    /// <summary>Reads a head.</summary>
    /// <exception cref="ModelFormatException">The bytes are no ONNX file.</exception>
    public static HeadGraph Read(ReadOnlySpan<byte> file, string name)
    {
        try
        {
            var model = OnnxFields.Parse(ByteString.CopyFrom(file));
            if (model.All(ModelGraph).LastOrDefault() is not { } bytes)
                throw new ModelFormatException($"{name} is not an ONNX file: it has no graph");
            var graph = OnnxFields.Parse(bytes);
            var labels = LabelsOf(graph);
            var renamed = RemoveZipMap(graph);
            if (renamed.Count == 0)
                return new HeadGraph(file.ToArray(), labels);
            graph.Replace(GraphOutput, output => renamed.TryGetValue(OnnxFields.Parse(output).Text(ValueName), out var tensor) ? FloatTensor(tensor) : output);
            var whole = graph.ToByteString();
            model.Replace(ModelGraph, _ => whole);
            return new HeadGraph(model.ToByteString().Memory, labels);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            throw new ModelFormatException($"{name} is not an ONNX file: {e.Message}", e);
        }
    }

    /// <summary>Takes the ZipMap nodes out.</summary>
    /// <returns>Each one's output with the tensor it was made of.</returns>
    private static Dictionary<string, string> RemoveZipMap(OnnxFields graph)
    {
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        graph.Replace(GraphNode, node =>
        {
            var fields = OnnxFields.Parse(node);
            if (fields.Text(NodeOperator) != "ZipMap")
                return node;
            renamed[fields.Text(NodeOutput)] = fields.Text(NodeInput);
            return null;
        });
        return renamed;
    }

    private static ImmutableArray<string> LabelsOf(OnnxFields graph)
    {
        ImmutableArray<string> found = [];
        foreach (var node in graph.All(GraphNode).Select(OnnxFields.Parse))
        {
            var zipMap = node.Text(NodeOperator) == "ZipMap";
            if (!zipMap && found.Length > 0)
                continue;
            foreach (var attribute in node.All(NodeAttribute).Select(OnnxFields.Parse))
            {
                if (!_labelAttributes.Contains(attribute.Text(AttributeName)))
                    continue;
                var labels = attribute.Texts(AttributeStrings).Concat(attribute.Integers(AttributeInts).Select(number => number.ToString(CultureInfo.InvariantCulture))).ToImmutableArray();
                if (labels.Length > 0)
                    found = labels;
            }
        }

        return found.Length > 0 ? found : PickedLabels(graph);
    }

    /// <summary>The names that a graph without a classifier operator picks its label from, by the index of the best score.</summary>
    private static ImmutableArray<string> PickedLabels(OnnxFields graph)
    {
        var tables = graph.All(GraphNode).Select(OnnxFields.Parse)
            .Where(node => node.Text(NodeOperator) is "ArrayFeatureExtractor" or "Gather").Select(node => node.Texts(NodeInput).First()).ToHashSet(StringComparer.Ordinal);
        foreach (var tensor in graph.All(GraphInitializer).Select(OnnxFields.Parse))
        {
            if (!tables.Contains(tensor.Text(TensorName)))
                continue;
            var raw = tensor.All(TensorRaw).LastOrDefault(ByteString.Empty).Span;
            long[] numbers = tensor.Integers(TensorType).LastOrDefault() == TypeInt32
                ? Array.ConvertAll(MemoryMarshal.Cast<byte, int>(raw).ToArray(), number => (long)number)
                : MemoryMarshal.Cast<byte, long>(raw).ToArray();
            var labels = tensor.Texts(TensorStrings).Concat(
                tensor.Integers(TensorInt64s).Concat(tensor.Integers(TensorInt32s)).Concat(numbers).Select(number => number.ToString(CultureInfo.InvariantCulture)));
            if (labels.ToImmutableArray() is { Length: > 1 } found)
                return found;
        }

        return [];
    }

    private static ByteString FloatTensor(string name)
    {
        var tensor = new OnnxFields().Add(TensorElement, (ulong)ElementFloat).ToByteString();
        var type = new OnnxFields().Add(TypeTensor, tensor).ToByteString();
        return new OnnxFields().Add(ValueName, ByteString.CopyFromUtf8(name)).Add(ValueType, type).ToByteString();
    }
}
