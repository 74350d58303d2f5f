using System.Globalization;
using Google.Protobuf;
using Orrery.Onnx;

namespace Orrery.Engine.Models;

/// <summary>
/// A graph for a table of static embeddings (sentence-transformers' StaticEmbedding, model2vec), which comes without one: it looks token
/// ids up. The numbers stay in the table's file. Pooled by the mean it is the reference's embedding bag.
/// </summary>
internal static class StaticGraph
{
    private const long OperatorSet = 13;

    // Of 2022, which every ONNX Runtime of this project's time reads.
    private const long IrVersion = 8;
    private const int External = 1;

    /// <summary>The longest text: the table itself knows no limit, but a token's vector is looked up for each.</summary>
    public const int MaxLength = 16384;

    private static readonly string[] _names = ["embedding.weight", "embeddings"];

    /// <summary>Makes the graph.</summary>
    /// <param name="files">A model whose first module is such a table.</param>
    /// <param name="location">The name of the table's file in the folder that the session is told.</param>
    /// <exception cref="ModelFormatException">The table's file is not one, or has numbers of a type that is not looked up.</exception>
    public static byte[] Build(ModelFiles files, string location)
    {
        var name = files.Paths.NameOf(files.Graph);
        var weights = SafeTensors.Open(files.Graph, name);
        var key = Array.Find(_names, known => weights.Find(known) is not null) ?? throw weights.Wrong($"has neither {_names[0]} nor {_names[1]}");
        // model2vec's tables of fewer rows than tokens, and of a weight a token.
        if (weights.Names.Count > 1)
            throw weights.Wrong($"has other tensors beside '{key}', which are not understood: {string.Join(", ", weights.Names.Where(other => other != key).Take(4))}");
        var table = weights.Find(key)!;
        if (table.Shape.Length != 2 || table.Shape.Contains(0))
            throw weights.Wrong($"'{key}' has the shape [{string.Join(", ", table.Shape)}], not tokens by numbers");
        var type = table.Type switch
        {
            "F32" => TensorProto.Types.DataType.Float,
            "F16" => TensorProto.Types.DataType.Float16,
            _ => throw weights.Wrong($"'{key}' has numbers of type {table.Type}, which are not read here: F32 and F16 are"),
        };
        var node = new NodeProto { OpType = "Gather", Input = { key, "input_ids" }, Output = { "token_embeddings" } };
        var graph = new GraphProto
        {
            Name = "static-embedding",
            Node = { node },
            Input = { Tensor("input_ids", TensorProto.Types.DataType.Int64, null) },
            Output = { Tensor("token_embeddings", type, table.Shape[1]) },
            Initializer =
            {
                new TensorProto
                {
                    Name = key,
                    Dims = { table.Shape },
                    DataType = (int)type,
                    DataLocation = External,
                    ExternalData =
                    {
                        Entry("location", location),
                        Entry("offset", table.Offset.ToString(CultureInfo.InvariantCulture)),
                        Entry("length", table.Bytes.ToString(CultureInfo.InvariantCulture)),
                    },
                },
            },
        };
        return new ModelProto { IrVersion = IrVersion, OpsetImport = { new OperatorSetIdProto { Version = OperatorSet } }, Graph = graph }.ToByteArray();
    }

    private static StringStringEntryProto Entry(string key, string value) => new() { Key = key, Value = value };

    private static ValueInfoProto Tensor(string name, TensorProto.Types.DataType type, long? width)
    {
        var shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "batch" }, new TensorShapeProto.Types.Dimension { DimParam = "sequence" } } };
        if (width is { } known)
            shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = known });
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}
