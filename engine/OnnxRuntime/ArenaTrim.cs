using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Orrery.Onnx;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// Gives memory that sessions took for runs, and do not use now, back to the system. The arena that all sessions share has no door for that
/// (its allocator's own is missing, and tells no figures): ONNX Runtime does it at the end of a run that asks for it. So a graph of next to nothing is run.
/// Not thread-safe.
/// </summary>
public sealed class ArenaTrim : IDisposable
{
    private const string Shrink = "memory.enable_memory_arena_shrinkage";
    private const string Arena = "cpu:0";
    private const string Input = "x";
    private const string Output = "y";

    private OrtSession? _session;

    /// <summary>Gives back what no run uses at this moment.</summary>
    /// <returns>Bytes that the process holds less than before; 0 where this process runs no models.</returns>
    /// <exception cref="OrtException">The library refuses.</exception>
    public long GiveBack()
    {
        // Who makes it first says how much memory there is.
        if (!OrtEnv.IsCreated)
            return 0;
        _session ??= new OrtSession(OrtEnvironment.Create(), Graph(), new OrtSessionOptions { IntraOpThreads = 1 });
        var before = Environment.WorkingSet;
        using var options = new RunOptions();
        options.AddRunConfigEntry(Shrink, Arena);
        using var value = OrtValue.CreateTensorValueFromMemory(new float[1], [1]);
        _session.Run([Input], [value], [Output], options).Dispose();
        return Math.Max(0, before - Environment.WorkingSet);
    }

    /// <summary>Frees the graph.</summary>
    public void Dispose() => _session?.Dispose();

    private static byte[] Graph()
    {
        var graph = new GraphProto
        {
            Name = "nothing",
            Node = { new NodeProto { OpType = "Identity", Input = { Input }, Output = { Output } } },
            Input = { One(Input) },
            Output = { One(Output) },
        };
        return new ModelProto { IrVersion = 8, OpsetImport = { new OperatorSetIdProto { Version = 13 } }, Graph = graph }.ToByteArray();
    }

    private static ValueInfoProto One(string name) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = (int)TensorProto.Types.DataType.Float,
                Shape = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimValue = 1 } } },
            },
        },
    };
}
