using System.Buffers;

namespace Orrery.Engine;

/// <summary>
/// What a text model answers: for each input, one or more rows of <see cref="Dimensions"/> float32 in one pooled block.
/// Embeddings have one row an input, per-token embeddings one a token, scores one row of logits. Dispose returns the block.
/// </summary>
public sealed class TextOutput : IDisposable
{
    private readonly int[] _offsets;
    private readonly int[] _tokens;
    private float[]? _values;

    /// <summary>Rents the block.</summary>
    /// <param name="dimensions">Floats a row, at least 1.</param>
    /// <param name="rows">Rows of each input.</param>
    /// <param name="tokens">Tokens computed for each input, special tokens included; kept, not copied.</param>
    public TextOutput(int dimensions, ReadOnlySpan<int> rows, int[] tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        Dimensions = dimensions;
        _tokens = tokens;
        _offsets = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++)
            _offsets[i + 1] = checked(_offsets[i] + (rows[i] * dimensions));
        _values = ArrayPool<float>.Shared.Rent(_offsets[^1]);
        foreach (var count in tokens)
            TotalTokens += count;
    }

    /// <summary>The number of inputs.</summary>
    public int Count => _offsets.Length - 1;

    /// <summary>Floats a row.</summary>
    public int Dimensions { get; }

    /// <summary>Tokens of all inputs, special tokens included, after truncation.</summary>
    public long TotalTokens { get; }

    /// <summary>The model version that answered, as its digest.</summary>
    public required string Version { get; init; }

    /// <summary>What became of the upsert that was asked for; null when none was.</summary>
    public Vectors.UpsertReceipt? Stored { get; set; }

    /// <summary>A sparse model's answers, by input, beside rows of nothing; null of other models.</summary>
    internal SparseVector[]? Sparse { get; init; }

    /// <summary>Tokens of one input, special tokens included, after truncation.</summary>
    public int Tokens(int index) => _tokens[index];

    /// <summary>Rows of one input.</summary>
    public int Rows(int index) => (_offsets[index + 1] - _offsets[index]) / Dimensions;

    /// <summary>All rows of one input, row after row.</summary>
    public ReadOnlySpan<float> this[int index] => Memory(index).Span;

    /// <summary>The rows of all inputs, one after another.</summary>
    public ReadOnlyMemory<float> All
    {
        get
        {
            ObjectDisposedException.ThrowIf(_values is null, this);
            return _values.AsMemory(0, _offsets[^1]);
        }
    }

    /// <summary>Where the engine writes one input's rows.</summary>
    public Memory<float> Memory(int index)
    {
        ObjectDisposedException.ThrowIf(_values is null, this);
        return _values.AsMemory(_offsets[index], _offsets[index + 1] - _offsets[index]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _values, null) is { } values)
            ArrayPool<float>.Shared.Return(values);
    }
}
