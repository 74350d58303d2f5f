namespace Orrery.Engine.OnnxRuntime;

/// <summary>How far ONNX Runtime rewrites the graph at load, by the numbers of <c>GraphOptimizationLevel</c>.</summary>
public enum OrtGraphOptimization
{
    /// <summary>As it is.</summary>
    Disabled = 0,
    /// <summary>Rewrites that keep the graph portable: constant folding, redundant nodes.</summary>
    Basic = 1,
    /// <summary>Also fusions of nodes, such as attention.</summary>
    Extended = 2,
    /// <summary>Also memory layouts that suit this machine.</summary>
    All = 99,
}

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

    /// <summary>Threads for operators that can run side by side; 1: one operator after another; 0: ONNX Runtime's choice.</summary>
    public int InterOpThreads { get; init; } = 1;

    /// <summary>How far the graph is optimized at load.</summary>
    public OrtGraphOptimization GraphOptimization { get; init; } = OrtGraphOptimization.All;

    /// <summary>Where to save the optimized graph; null: nowhere. With <see cref="OrtGraphOptimization.All"/> it suits this kind of machine only.</summary>
    public string? OptimizedModelPath { get; init; }

    /// <summary>Start of the name of the profiling file; null: no profiling. See <see cref="OrtSession.EndProfiling"/>.</summary>
    public string? ProfilePrefix { get; init; }

    /// <summary>Plans memory ahead for a shape seen before. Wastes memory when shapes vary, so off by default.</summary>
    public bool EnableMemoryPattern { get; init; }

    /// <summary>Keeps freed memory for the next run instead of returning it to the system.</summary>
    public bool EnableCpuArena { get; init; } = true;

    /// <summary>
    /// Whether idle threads of the pool burn processor time while they wait for work, which shortens the start of the
    /// next operator by microseconds and takes the processor from everything else.
    /// </summary>
    public bool AllowSpinning { get; init; }

    /// <summary>
    /// Providers in the order of preference: a provider that is not in this build, has no device here or cannot take
    /// the model is skipped. Nodes that the ones before cannot run fall to those after, and at last to the CPU. What
    /// stands after <c>cpu</c> is not used. Without <c>cpu</c>, loading fails when no other is usable. Empty: cpu.
    /// </summary>
    public IReadOnlyList<ExecutionProvider> Providers { get; init; } = [];

    /// <summary>Further settings by ONNX Runtime's keys (<c>session.…</c>); they win over the ones above.</summary>
    public IReadOnlyDictionary<string, string> ConfigEntries { get; init; } = new Dictionary<string, string>();
}
