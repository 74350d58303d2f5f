using System.Collections.Immutable;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>How far a graph is rewritten at load (GraphOptimizationLevel).</summary>
public enum OrtGraphOptimization
{
    /// <summary>Not at all.</summary>
    Disabled = 0,

    /// <summary>Redundant nodes removed, constants folded.</summary>
    Basic = 1,

    /// <summary>Nodes fused too.</summary>
    Extended = 2,

    /// <summary>Memory layouts changed too.</summary>
    All = 99,
}

/// <summary>An execution provider and its settings.</summary>
/// <param name="Name">cuda, tensorrt, webgpu, openvino, coreml, dml or cpu.</param>
/// <param name="Options">The provider's own keys; null for its defaults.</param>
public sealed record ExecutionProvider(string Name, IReadOnlyDictionary<string, string>? Options = null);

/// <summary>How a session is made.</summary>
public sealed record OrtSessionOptions
{
    /// <summary>Threads within one operator, the calling one included; 0 for one a core.</summary>
    public int IntraOpThreads { get; init; }

    /// <summary>Operators that run at once; 0 for one a core.</summary>
    public int InterOpThreads { get; init; } = 1;

    /// <summary>How far the graph is rewritten.</summary>
    public OrtGraphOptimization GraphOptimization { get; init; } = OrtGraphOptimization.All;

    /// <summary>Where the rewritten graph is saved; null saves none.</summary>
    public string? OptimizedModelPath { get; init; }

    /// <summary>Records every operator into a file that begins so; null records nothing. See <see cref="OrtSession.EndProfiling"/>.</summary>
    public string? ProfilePrefix { get; init; }

    /// <summary>Plan memory for every shape seen; pays for fixed shapes only.</summary>
    public bool EnableMemoryPattern { get; init; }

    /// <summary>Keep freed memory for the next run.</summary>
    public bool EnableCpuArena { get; init; } = true;

    /// <summary>Let waiting threads burn their core.</summary>
    public bool AllowSpinning { get; init; }

    /// <summary>Providers in order of preference; those that cannot be used are passed over.</summary>
    public IReadOnlyList<ExecutionProvider> Providers { get; init; } = [new("cpu")];

    /// <summary>Further keys of onnxruntime_session_options_config_keys.h.</summary>
    public ImmutableDictionary<string, string> ConfigEntries { get; init; } = ImmutableDictionary<string, string>.Empty;
}
