using System.Runtime.InteropServices;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Interfaces.Wire;

/// <summary>How busy a replica is, carried by everything it answers.</summary>
/// <param name="QueuedTokens">Tokens that wait or are being computed.</param>
/// <param name="TokensPerSecond">How fast it works, measured.</param>
[GenerateSerializer, Immutable, Alias("orrery.load")]
public readonly record struct LoadReport([property: Id(0)] long QueuedTokens, [property: Id(1)] float TokensPerSecond);

/// <summary>A replica's answer, or why there is none.</summary>
/// <typeparam name="T">What was asked for.</typeparam>
[GenerateSerializer, Immutable, Alias("orrery.answer`1")]
public readonly struct Answer<T>
    where T : class
{
    /// <summary>The answer; null exactly when <see cref="Error"/> is set or the replica is gone.</summary>
    [Id(0)]
    public T? Value { get; init; }

    /// <summary>The refusal.</summary>
    [Id(1)]
    public InferenceError? Error { get; init; }

    /// <summary>Whether the replica is not (or no more) on the silo that was asked: another one may answer.</summary>
    [Id(2)]
    public bool Gone { get; init; }

    /// <summary>How busy the replica is.</summary>
    [Id(3)]
    public LoadReport Load { get; init; }
}

/// <summary>What became of records that were to be kept.</summary>
/// <param name="Count">How many were taken; 0 when none were to be kept, for there is no upsert of none.</param>
/// <param name="Queued">See <see cref="UpsertReceipt.Queued"/>.</param>
/// <param name="Time">See <see cref="UpsertReceipt.Time"/>; of parts the longest.</param>
[GenerateSerializer, Immutable, Alias("orrery.receipt")]
public readonly record struct Receipt([property: Id(0)] int Count, [property: Id(1)] bool Queued, [property: Id(2)] TimeSpan Time)
{
    /// <summary>From the engine's.</summary>
    public static Receipt Of(UpsertReceipt? receipt) => receipt is null ? default : new(receipt.Count, receipt.Queued, receipt.Time);

    /// <summary>Of two parts of a request.</summary>
    public static Receipt operator +(Receipt a, Receipt b) => new(a.Count + b.Count, a.Queued || b.Queued, a.Time > b.Time ? a.Time : b.Time);

    /// <summary>To the engine's; null when nothing was kept.</summary>
    public UpsertReceipt? ToReceipt() => Count == 0 ? null : new UpsertReceipt(Count, Queued, Time);
}

/// <summary>Rows of float32, a few for each input: what <see cref="TextOutput"/> holds.</summary>
[GenerateSerializer, Immutable, Alias("orrery.rows")]
public sealed class Rows
{
    /// <summary>All rows, little-endian float32.</summary>
    [Id(0)]
    public required byte[] Values { get; init; }

    /// <summary>Rows of each input; null for one each.</summary>
    [Id(1)]
    public int[]? Counts { get; init; }

    /// <summary>Tokens computed for each input.</summary>
    [Id(2)]
    public required int[] Tokens { get; init; }

    /// <summary>Floats a row.</summary>
    [Id(3)]
    public required int Dimensions { get; init; }

    /// <summary>The digest of the version that answered.</summary>
    [Id(4)]
    public required string Version { get; init; }

    /// <summary>What became of the upsert of these rows; none when nothing was kept.</summary>
    [Id(5)]
    public Receipt Stored { get; init; }

    /// <summary>Copies an output; the caller still owns it.</summary>
    /// <param name="output">The output.</param>
    /// <param name="values">False leaves the floats out: only tokens are wanted.</param>
    public static Rows Of(TextOutput output, bool values = true)
    {
        var tokens = new int[output.Count];
        int[]? counts = null;
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = output.Tokens(i);
            var rows = values ? output.Rows(i) : 0;
            if (rows != 1 && counts is null)
            {
                counts = new int[tokens.Length];
                counts.AsSpan(0, i).Fill(1);
            }

            if (counts is not null)
                counts[i] = rows;
        }

        return new Rows
        {
            Values = values ? MemoryMarshal.AsBytes(output.All.Span).ToArray() : [],
            Counts = counts,
            Tokens = tokens,
            Dimensions = output.Dimensions,
            Version = output.Version,
            Stored = Receipt.Of(output.Stored),
        };
    }

    /// <summary>Puts the parts of a request together, in order.</summary>
    /// <param name="parts">At least one; all of one version.</param>
    public static TextOutput Join(ReadOnlySpan<Rows> parts)
    {
        var count = 0;
        foreach (var part in parts)
            count += part.Tokens.Length;
        var (tokens, rows) = (new int[count], new int[count]);
        var at = 0;
        foreach (var part in parts)
        {
            part.Tokens.CopyTo(tokens, at);
            if (part.Counts is { } counts)
                counts.CopyTo(rows, at);
            else
                rows.AsSpan(at, part.Tokens.Length).Fill(1);
            at += part.Tokens.Length;
        }

        var stored = default(Receipt);
        foreach (var part in parts)
            stored += part.Stored;
        var output = new TextOutput(parts[0].Dimensions, rows, tokens) { Version = parts[0].Version, Stored = stored.ToReceipt() };
        at = 0;
        var all = MemoryMarshal.AsMemory(output.All).Span;
        foreach (var part in parts)
        {
            var values = MemoryMarshal.Cast<byte, float>(part.Values);
            values.CopyTo(all[at..]);
            at += values.Length;
        }

        return output;
    }
}

/// <summary>What detectors over one model answered.</summary>
[GenerateSerializer, Immutable, Alias("orrery.detections")]
public sealed class Detections
{
    /// <summary>Probabilities by detector, in the order asked for: inputs x labels, little-endian float32.</summary>
    [Id(0)]
    public required byte[][] Probabilities { get; init; }

    /// <summary>The embedding that each detector read, as an index into <see cref="Embeddings"/>.</summary>
    [Id(1)]
    public required int[] Passes { get; init; }

    /// <summary>One for each pass over the texts; without floats where they were not asked for.</summary>
    [Id(2)]
    public required Rows[] Embeddings { get; init; }

    /// <summary>The digests of the detectors, to tell when one was exchanged meanwhile.</summary>
    [Id(3)]
    public required string[] Digests { get; init; }

    /// <summary>Time to the last embedding.</summary>
    [Id(4)]
    public TimeSpan EmbeddingTime { get; init; }

    /// <summary>Time from there to the last probability.</summary>
    [Id(5)]
    public TimeSpan HeadTime { get; init; }

    /// <summary>What became of the upsert of these texts' embeddings; none when nothing was kept.</summary>
    [Id(6)]
    public Receipt Stored { get; init; }

    /// <summary>Copies an output; the caller still owns it.</summary>
    /// <param name="output">The output.</param>
    /// <param name="embeddings">Whether the embeddings' floats are wanted.</param>
    public static Detections Of(DetectOutput output, bool embeddings)
    {
        var probabilities = new byte[output.Detectors.Count][];
        var (passes, digests) = (new int[probabilities.Length], new string[probabilities.Length]);
        for (var i = 0; i < probabilities.Length; i++)
        {
            var detector = output.Detectors[i];
            probabilities[i] = MemoryMarshal.AsBytes(detector.Values.Span).ToArray();
            digests[i] = detector.Detector.Digest;
            while (!ReferenceEquals(output.Embeddings[passes[i]], detector.Embedding))
                passes[i]++;
        }

        var rows = new Rows[output.Embeddings.Count];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = Rows.Of(output.Embeddings[i], embeddings);
        return new Detections
        {
            Probabilities = probabilities,
            Passes = passes,
            Embeddings = rows,
            Digests = digests,
            EmbeddingTime = output.EmbeddingTime,
            HeadTime = output.HeadTime,
            Stored = Receipt.Of(output.Stored),
        };
    }
}

/// <summary>The outputs of one run of a graph.</summary>
[GenerateSerializer, Immutable, Alias("orrery.tensors")]
public sealed class Tensors
{
    /// <summary>The digest of the version that answered.</summary>
    [Id(0)]
    public required string Version { get; init; }

    /// <summary>The outputs.</summary>
    [Id(1)]
    public required Tensor[] Outputs { get; init; }
}

/// <summary>A value that the serializer of seldom used types carries.</summary>
/// <typeparam name="T">A type of the engine.</typeparam>
[GenerateSerializer, Immutable, Alias("orrery.value`1")]
public sealed class Value<T>
{
    /// <summary>The value.</summary>
    [Id(0)]
    public required T It { get; init; }
}
