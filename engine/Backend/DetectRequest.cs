namespace Orrery.Engine;

/// <summary>Asks detectors about texts. Those over one embedding model share one embedding of each text.</summary>
public sealed record DetectRequest
{
    /// <summary>The texts, answered in this order. At least one.</summary>
    public required IReadOnlyList<TextInput> Inputs { get; init; }

    /// <summary>The detectors by name, each once; empty for the default ones, or where none are set every ready one that judges single texts.</summary>
    public IReadOnlyList<string> Detectors { get; init; } = [];

    /// <summary>Whether the answer's embeddings are read. Where they would have to travel, they stay at home otherwise, and have no rows.</summary>
    public bool Embeddings { get; init; } = true;

    /// <summary>Where the model's own embeddings of the texts, of unit length, are kept before the answer is given; null to keep none.</summary>
    public UpsertTarget? Upsert { get; init; }

    /// <summary>What to do with texts that are too long.</summary>
    public Truncation Truncation { get; init; } = Truncation.Right;

    /// <summary>Who is waiting.</summary>
    public Priority Priority { get; init; }

    /// <summary>How long the caller waits, from now; null for the server's limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>What detectors answered. Dispose gives the embeddings' and probabilities' memory back.</summary>
/// <param name="Detectors">One entry a detector, in the order asked for.</param>
/// <param name="Embeddings">The embeddings computed, one entry for each different pass over the texts.</param>
/// <param name="EmbeddingTime">From the request to the last embedding, without keeping them.</param>
/// <param name="HeadTime">From there to the last probability.</param>
public sealed record DetectOutput(
    IReadOnlyList<DetectorOutput> Detectors, IReadOnlyList<TextOutput> Embeddings, TimeSpan EmbeddingTime, TimeSpan HeadTime) : IDisposable
{
    /// <summary>What became of the upsert that was asked for; null when none was.</summary>
    public Vectors.UpsertReceipt? Stored { get; init; }

    /// <summary>Texts.</summary>
    public int Count => Embeddings[0].Count;

    /// <summary>Tokens computed, special tokens included, over all passes.</summary>
    public long TotalTokens
    {
        get
        {
            var total = 0L;
            foreach (var one in Embeddings)
                total += one.TotalTokens;
            return total;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in Embeddings)
            one.Dispose();
        foreach (var one in Detectors)
            one.Dispose();
    }
}

/// <summary>One detector's probabilities.</summary>
public sealed class DetectorOutput : IDisposable
{
    private float[]? _values;

    /// <summary>Rents room for the probabilities.</summary>
    /// <param name="detector">Who answers.</param>
    /// <param name="embedding">The embeddings it read, kept and not owned.</param>
    public DetectorOutput(DetectorInfo detector, TextOutput embedding)
    {
        Detector = detector;
        Embedding = embedding;
        _values = System.Buffers.ArrayPool<float>.Shared.Rent(detector.Labels.Length * embedding.Count);
    }

    /// <summary>The detector.</summary>
    public DetectorInfo Detector { get; }

    /// <summary>The embeddings it read.</summary>
    public TextOutput Embedding { get; }

    /// <summary>The probabilities of one text's classes, in the order of the detector's labels.</summary>
    public ReadOnlySpan<float> this[int index] => Values.Slice(index * Detector.Labels.Length, Detector.Labels.Length).Span;

    /// <summary>All rows, where the engine writes them.</summary>
    public Memory<float> Values
    {
        get
        {
            ObjectDisposedException.ThrowIf(_values is null, this);
            return _values.AsMemory(0, Detector.Labels.Length * Embedding.Count);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
            System.Buffers.ArrayPool<float>.Shared.Return(values);
    }
}
