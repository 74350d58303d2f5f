using System.Collections.Immutable;
using System.Globalization;
using Orrery.Onnx;

namespace Orrery.Engine.Models;

/// <summary>
/// Classifiers as scikit-learn's converter writes them. It ends them with ZipMap, which turns the tensor of probabilities into a dictionary a row, or cuts the tensor
/// into an output a class (zipmap="columns"). Operators: ai.onnx.ml (https://onnx.ai/onnx/operators/index.html#ai-onnx-ml).
/// </summary>
internal static class SklearnGraph
{
    private const string ZipMap = "ZipMap";
    private const string Columns = "probabilities_of_columns";

    // ZipMap says what the converter's user gave; the classifiers' own come second.
    private static readonly string[] _labelAttributes = ["classlabels_strings", "classlabels_int64s", "classlabels_ints"];

    /// <summary>Whether a graph ends in dictionaries.</summary>
    public static bool HasZipMap(GraphOutline graph) => graph.Node.Any(node => node.OpType == ZipMap);

    /// <summary>The names in the attributes of ZipMap, or of a classifier, in the order of the scores; empty when there are none.</summary>
    public static ImmutableArray<string> ClassesOf(GraphOutline graph)
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

    /// <summary>Has each ZipMap's output be the tensor [rows, classes] that it was made of, under the same name.</summary>
    public static void UnzipMaps(ModelProto model)
    {
        foreach (var node in model.Graph.Node.Where(node => node.OpType == ZipMap))
        {
            var classes = node.Attribute.Where(attribute => _labelAttributes.Contains(attribute.Name)).Sum(attribute => attribute.Strings.Count + attribute.Ints.Count);
            // Identity keeps the name, whatever else reads the tensor.
            (node.OpType, node.Domain) = ("Identity", "");
            node.Attribute.Clear();
            foreach (var output in model.Graph.Output.Where(output => output.Name == node.Output[0]))
                output.Type = Floats(new TensorShapeProto.Types.Dimension(), new TensorShapeProto.Types.Dimension { DimValue = classes });
        }

        NeedsStandardOperators(model);
    }

    /// <summary>Puts an output a class together to one tensor [rows, classes].</summary>
    /// <returns>The classes by the outputs' names, which are a letter and the class; empty where the graph has no such outputs and stays as it is.</returns>
    public static ImmutableArray<string> JoinColumns(ModelProto model)
    {
        var columns = model.Graph.Output.Where(IsColumn).ToList();
        if (columns.Count < 2 || columns.Any(column => column.Name.Length < 2 || column.Name[0] != columns[0].Name[0] || column.Name[0] is not ('i' or 's')))
            return [];
        var join = new NodeProto { OpType = "Concat" };
        join.Attribute.Add(new AttributeProto { Name = "axis", Type = AttributeProto.Types.AttributeType.Int, I = 1 });
        var shape = new TensorProto { Name = Columns + "_shape", DataType = (int)TensorProto.Types.DataType.Int64 };
        shape.Dims.Add(2);
        shape.Int64Data.AddRange([-1, 1]);
        model.Graph.Initializer.Add(shape);
        foreach (var column in columns)
        {
            var tall = new NodeProto { OpType = "Reshape" };
            tall.Input.AddRange([column.Name, shape.Name]);
            tall.Output.Add($"{Columns}_{column.Name}");
            model.Graph.Node.Add(tall);
            join.Input.Add(tall.Output[0]);
            model.Graph.Output.Remove(column);
        }

        join.Output.Add(Columns);
        model.Graph.Node.Add(join);
        model.Graph.Output.Add(new ValueInfoProto
        {
            Name = Columns,
            Type = Floats(new TensorShapeProto.Types.Dimension(), new TensorShapeProto.Types.Dimension { DimValue = columns.Count }),
        });
        NeedsStandardOperators(model);
        return [.. columns.Select(column => column.Name[1..])];
    }

    /// <summary>A class as text.</summary>
    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool IsColumn(ValueInfoProto output) =>
        output.Type?.TensorType is { ElemType: (int)TensorProto.Types.DataType.Float, Shape.Dim: var sizes } && (sizes.Count == 1 || (sizes.Count == 2 && sizes[1].DimValue == 1));

    private static TypeProto Floats(params ReadOnlySpan<TensorShapeProto.Types.Dimension> sizes)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(sizes.ToArray());
        return new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float, Shape = shape } };
    }

    private static void NeedsStandardOperators(ModelProto model)
    {
        if (!model.OpsetImport.Any(import => import.Domain is "" or "ai.onnx"))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 13 });
    }
}
