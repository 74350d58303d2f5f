using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Orrery.Engine.Models;
using Orrery.Onnx;

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
    private const string ZipMap = "ZipMap";

    // ZipMap says what the converter's user gave; the classifiers' own come second.
    private static readonly string[] _labelAttributes = ["classlabels_strings", "classlabels_int64s", "classlabels_ints"];

    /// <summary>Reads a head.</summary>
    /// <exception cref="ModelFormatException">The bytes are no ONNX file.</exception>
    public static HeadGraph Read(ReadOnlySpan<byte> file, string name)
    {
        try
        {
            var outline = OnnxFile.Look(file).Graph;
            var labels = NamedLabels(outline);
            if (labels.Length == 0)
                labels = PickedLabels(outline, file);
            return new HeadGraph(outline.Node.Any(node => node.OpType == ZipMap) ? WithoutZipMap(OnnxFile.Parse(file)).ToByteArray() : file.ToArray(), labels);
        }
        catch (InvalidDataException e)
        {
            throw new ModelFormatException($"{name} is not an ONNX file: {e.Message}", e);
        }
    }

    /// <summary>Takes the ZipMap nodes out: the tensor that each was made of is the output instead.</summary>
    private static ModelProto WithoutZipMap(ModelProto model)
    {
        var renamed = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = model.Graph.Node.Count - 1; i >= 0; i--)
        {
            if (model.Graph.Node[i] is not { OpType: ZipMap } node)
                continue;
            renamed[node.Output.LastOrDefault("")] = node.Input.LastOrDefault("");
            model.Graph.Node.RemoveAt(i);
        }

        foreach (var output in model.Graph.Output)
        {
            if (!renamed.TryGetValue(output.Name, out var tensor))
                continue;
            output.Name = tensor;
            output.Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float } };
        }

        return model;
    }

    /// <summary>The names in the attributes of ZipMap, or of a classifier.</summary>
    private static ImmutableArray<string> NamedLabels(GraphOutline graph)
    {
        ImmutableArray<string> found = [];
        foreach (var node in graph.Node)
        {
            if (node.OpType != ZipMap && found.Length > 0)
                continue;
            foreach (var attribute in node.Attribute)
            {
                if (_labelAttributes.Contains(attribute.Name) && attribute.Strings.Count + attribute.Ints.Count > 0)
                    found = [.. attribute.Strings.Select(text => text.ToStringUtf8()), .. attribute.Ints.Select(Text)];
            }
        }

        return found;
    }

    /// <summary>The names that a graph without a classifier operator picks its label from, by the index of the best score.</summary>
    private static ImmutableArray<string> PickedLabels(GraphOutline graph, ReadOnlySpan<byte> file)
    {
        var tables = graph.Node.Where(node => node.OpType is "ArrayFeatureExtractor" or "Gather").Select(node => node.Input.FirstOrDefault("")).ToHashSet(StringComparer.Ordinal);
        ModelProto? whole = null;
        for (var i = 0; i < graph.Initializer.Count; i++)
        {
            var table = graph.Initializer[i];
            if (!tables.Contains(table.Name))
                continue;
            ImmutableArray<string> labels = [.. table.StringData.Select(text => text.ToStringUtf8())];
            if (labels.Length == 0 && table.DataType is (int)TensorProto.Types.DataType.Int32 or (int)TensorProto.Types.DataType.Int64)
                // An outline has no numbers.
                labels = [.. Numbers((whole ??= OnnxFile.Parse(file)).Graph.Initializer[i]).Select(Text)];
            if (labels.Length > 1)
                return labels;
        }

        return [];
    }

    private static IEnumerable<long> Numbers(TensorProto tensor)
    {
        var raw = tensor.RawData.Span;
        long[] numbers = tensor.DataType == (int)TensorProto.Types.DataType.Int32
            ? Array.ConvertAll(MemoryMarshal.Cast<byte, int>(raw).ToArray(), number => (long)number)
            : MemoryMarshal.Cast<byte, long>(raw).ToArray();
        return tensor.Int64Data.Concat(tensor.Int32Data.Select(number => (long)number)).Concat(numbers);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
