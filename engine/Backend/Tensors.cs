using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine;

/// <summary>A named tensor by value: row-major little-endian bytes, or strings when the type is String.</summary>
public sealed record NamedTensor
{
    /// <summary>The graph's name for it.</summary>
    public required string Name { get; init; }

    /// <summary>The element type.</summary>
    public required OrtElementType Type { get; init; }

    /// <summary>Sizes, outermost first; all at least 0.</summary>
    public required long[] Shape { get; init; }

    /// <summary>The elements, packed; empty for strings.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>The elements as UTF-8, for String tensors only.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Strings { get; init; }
}

/// <summary>Asks any model for one run of its graph on raw tensors.</summary>
public sealed record TensorRequest
{
    /// <summary>The model's name or alias.</summary>
    public required string Model { get; init; }

    /// <summary>A version (digest or its prefix); null for the current one.</summary>
    public string? Version { get; init; }

    /// <summary>The graph's inputs by name; types and shapes must fit.</summary>
    public required IReadOnlyList<NamedTensor> Inputs { get; init; }

    /// <summary>The outputs wanted, by name; empty for all.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>Who is waiting.</summary>
    public Priority Priority { get; init; }

    /// <summary>How long the caller waits, from now; null for the server's limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>The outputs of one run, in the order asked for.</summary>
/// <param name="Version">The digest of the version that answered.</param>
/// <param name="Outputs">The tensors.</param>
public sealed record TensorOutput(string Version, IReadOnlyList<NamedTensor> Outputs);
