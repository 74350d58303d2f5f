using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Orrery.Engine.Models;
using Orrery.Onnx;

namespace Orrery.Engine.Detectors;

/// <summary>A head's ONNX file made ready to run: what scikit-learn's converter makes of probabilities is one tensor again, and the classes' names are found.</summary>
/// <param name="Model">The file, with one output of scores.</param>
/// <param name="Labels">The classes its operators or outputs name, in the order of the scores; empty when they name none.</param>
internal sealed record HeadGraph(ReadOnlyMemory<byte> Model, ImmutableArray<string> Labels)
{
    /// <summary>Reads a head.</summary>
    /// <exception cref="ModelFormatException">The bytes are no ONNX file.</exception>
    public static HeadGraph Read(ReadOnlySpan<byte> file, string name)
    {
        try
        {
            var outline = OnnxFile.Look(file).Graph;
            var model = OnnxFile.Parse(file);
            var zipped = SklearnGraph.HasZipMap(outline);
            if (zipped)
                SklearnGraph.UnzipMaps(model);
            var columns = SklearnGraph.JoinColumns(model);
            var labels = columns.Length > 0 ? columns : SklearnGraph.ClassesOf(outline);
            return new HeadGraph(zipped || columns.Length > 0 ? model.ToByteArray() : file.ToArray(), labels.Length > 0 ? labels : PickedLabels(outline, model.Graph));
        }
        catch (InvalidDataException e)
        {
            throw new ModelFormatException($"{name} is not an ONNX file: {e.Message}", e);
        }
    }

    /// <summary>The names that a graph without a classifier operator picks its label from, by the index of the best score.</summary>
    private static ImmutableArray<string> PickedLabels(GraphOutline graph, GraphProto whole)
    {
        var tables = graph.Node.Where(node => node.OpType is "ArrayFeatureExtractor" or "Gather").Select(node => node.Input.FirstOrDefault("")).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < graph.Initializer.Count; i++)
        {
            var table = graph.Initializer[i];
            if (!tables.Contains(table.Name))
                continue;
            ImmutableArray<string> labels = [.. table.StringData.Select(text => text.ToStringUtf8())];
            if (labels.Length == 0 && table.DataType is (int)TensorProto.Types.DataType.Int32 or (int)TensorProto.Types.DataType.Int64)
                // An outline has no numbers.
                labels = [.. Numbers(whole.Initializer[i]).Select(SklearnGraph.Text)];
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
}
