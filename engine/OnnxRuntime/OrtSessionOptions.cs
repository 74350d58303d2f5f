using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>One execution provider that is wanted.</summary>
/// <param name="Name"><c>cpu</c>, <c>cuda</c>, <c>tensorrt</c>, <c>webgpu</c>, <c>openvino</c>, <c>coreml</c>, <c>dml</c>, or another name that ONNX Runtime knows.</param>
/// <param name="Options">Its options, by ONNX Runtime's names, such as <c>device_id</c>; null for none.</param>
public sealed record ExecutionProvider(string Name, IReadOnlyDictionary<string, string>? Options = null)
{
    /// <summary>The processor; takes no options.</summary>
    public static ExecutionProvider Cpu { get; } = new("cpu");
}

/// <summary>A provider that was wanted and does not run, and why.</summary>
public sealed record SkippedProvider(string Name, string Reason);

/// <summary>How a session runs.</summary>
public sealed record OrtSessionOptions
{
    /// <summary>Threads within one operator, the calling one included; 0: one a physical core.</summary>
    public int IntraOpThreads { get; init; }

    /// <summary>How far the graph is rewritten at load.</summary>
    public GraphOptimizationLevel GraphOptimization { get; init; } = GraphOptimizationLevel.ORT_ENABLE_ALL;

    /// <summary>Where to save the optimized graph; null: nowhere. With ORT_ENABLE_ALL it suits this kind of machine only.</summary>
    public string? OptimizedModelPath { get; init; }

    /// <summary>Keeps freed memory for the next run instead of returning it to the system.</summary>
    public bool EnableCpuArena { get; init; } = true;

    /// <summary>
    /// Providers in the order of preference: a provider that is not in this build, has no device here or cannot take
    /// the model is skipped. Nodes that the ones before cannot run fall to those after, and at last to the CPU. What
    /// stands after <c>cpu</c> is not used. Without <c>cpu</c>, loading fails when no other is usable. Empty: cpu.
    /// </summary>
    public IReadOnlyList<ExecutionProvider> Providers { get; init; } = [];

    /// <summary>Further settings by ONNX Runtime's keys (<c>session.…</c>).</summary>
    public IReadOnlyDictionary<string, string> ConfigEntries { get; init; } = new Dictionary<string, string>();

    /// <summary>The package's own object, without providers; whoever takes it disposes it.</summary>
    internal SessionOptions ToNative()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(IntraOpThreads);
        var native = new SessionOptions
        {
            IntraOpNumThreads = IntraOpThreads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimization,
            // A plan is kept for each shape seen before: shapes vary, and it would waste memory.
            EnableMemoryPattern = false,
            EnableCpuMemArena = EnableCpuArena,
        };
        try
        {
            if (OptimizedModelPath is { } path)
                native.OptimizedModelFilePath = path;
            // Threads that burn the processor while they wait start the next operator microseconds sooner, and take it from all else.
            native.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            native.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
            // On processors without VNNI the fast kernels for signed 8-bit weights add in 16 bits, which overflow in silence (an embedding's
            // component came out as -0.213 where it is -0.173). With this the weights are made unsigned there; others pay nothing.
            native.AddSessionConfigEntry("session.x64quantprecision", "1");
            native.AddSessionConfigEntry(NodeAssignment.SessionKey, "1");
            native.AddSessionConfigEntry(OrtArena.SessionKey, "1");
            foreach (var (key, value) in ConfigEntries)
                native.AddSessionConfigEntry(key, value);
            return native;
        }
        catch
        {
            native.Dispose();
            throw;
        }
    }
}
