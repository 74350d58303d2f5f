using System.Runtime.InteropServices;
using Orrery.Engine;

namespace Orrery.Interfaces.Wire;

/// <summary>Asks a replica for weights over its vocabulary; the fields are <see cref="SparseRequest"/>'s.</summary>
[GenerateSerializer, Immutable, Alias("orrery.sparse")]
public sealed class SparseCall
{
    /// <summary>The texts.</summary>
    [Id(0)]
    public required Texts Texts { get; init; }

    /// <summary>Who waits, and how long.</summary>
    [Id(1)]
    public required Terms Terms { get; init; }

    /// <summary>See <see cref="SparseRequest.PromptName"/>.</summary>
    [Id(2)]
    public string? PromptName { get; init; }

    /// <summary>A part of a request.</summary>
    public static SparseCall Of(SparseRequest request, Range range, TimeSpan? timeout) => new()
    {
        Texts = Texts.Of(request.Inputs, range),
        Terms = new Terms { Priority = request.Priority, Timeout = timeout, Truncation = request.Truncation },
        PromptName = request.PromptName,
    };

    /// <summary>As the engine takes it.</summary>
    /// <param name="model">The replica's model.</param>
    public SparseRequest ToRequest(string model) =>
        new() { Model = model, Inputs = Texts.ToInputs(), Priority = Terms.Priority, Timeout = Terms.Timeout, Truncation = Terms.Truncation, PromptName = PromptName };
}

/// <summary>Vectors of which most components are 0: what <see cref="SparseOutput"/> holds.</summary>
[GenerateSerializer, Immutable, Alias("orrery.sparse-rows")]
public sealed class SparseRows
{
    /// <summary>The components of each vector, one vector after another.</summary>
    [Id(0)]
    public required int[] Indices { get; init; }

    /// <summary>Their values, little-endian float32.</summary>
    [Id(1)]
    public required byte[] Values { get; init; }

    /// <summary>How many of them each vector has.</summary>
    [Id(2)]
    public required int[] Counts { get; init; }

    /// <summary>See <see cref="SparseOutput.TotalTokens"/>.</summary>
    [Id(3)]
    public required long TotalTokens { get; init; }

    /// <summary>The digest of the version that answered.</summary>
    [Id(4)]
    public required string Version { get; init; }

    /// <summary>From the engine's.</summary>
    public static SparseRows Of(SparseOutput output) => new()
    {
        Indices = [.. output.Vectors.SelectMany(vector => vector.Indices)],
        Values = MemoryMarshal.AsBytes<float>(output.Vectors.SelectMany(vector => vector.Values).ToArray()).ToArray(),
        Counts = Array.ConvertAll(output.Vectors, vector => vector.Indices.Length),
        TotalTokens = output.TotalTokens,
        Version = output.Version,
    };

    /// <summary>Puts the parts of a request together, in order.</summary>
    /// <param name="parts">At least one; all of one version.</param>
    public static SparseOutput Join(SparseRows[] parts)
    {
        var vectors = new List<SparseVector>();
        foreach (var part in parts)
        {
            var at = 0;
            foreach (var count in part.Counts)
            {
                vectors.Add(new SparseVector(part.Indices[at..(at + count)], MemoryMarshal.Cast<byte, float>(part.Values).Slice(at, count).ToArray()));
                at += count;
            }
        }

        return new SparseOutput(parts[0].Version, [.. vectors], parts.Sum(part => part.TotalTokens));
    }
}
