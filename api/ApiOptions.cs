using Orrery.Api.Admin;
using Orrery.Engine;

namespace Orrery.Api;

/// <summary>The HTTP API's limits, each told by <c>/info</c> and named when exceeded. Validated once, at start.</summary>
public sealed record ApiOptions
{
    /// <summary>Bytes of a request's body, after decompression.</summary>
    public long MaxBodyBytes { get; init; } = 32 << 20;

    /// <summary>Bytes that the bodies of all requests may take together; 0 for an eighth of the process's memory, and at least two bodies. Those of up to 64 KB have an eighth of it beside that.</summary>
    public long MaxBytesInFlight { get; init; }

    /// <summary>Texts in one request of the Text Embeddings Inference and Open Inference routes.</summary>
    public int MaxClientBatchSize { get; init; } = 2048;

    /// <summary>Whether the Text Embeddings Inference routes cut texts that are too long when the request does not say.</summary>
    public bool AutoTruncate { get; init; } = true;

    /// <summary>Answer 413 instead of 422 where Text Embeddings Inference before 1.9 did.</summary>
    public bool TeiLegacyStatus { get; init; }

    /// <summary>What callers of the Pinecone-compatible routes bring as <c>Api-Key</c> or as <c>Authorization: Bearer</c>; null lets everybody use them.</summary>
    public string? PineconeKey { get; init; }

    /// <summary>These, with what a process's memory leaves for bodies where nothing is set.</summary>
    public ApiOptions Within(MemoryBudget memory) => MaxBytesInFlight > 0 ? this : this with { MaxBytesInFlight = Math.Max(memory.Requests, 2 * MaxBodyBytes) };

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate()
    {
        if (MaxBodyBytes is < 1024 or > int.MaxValue)
            return $"{nameof(MaxBodyBytes)} must be 1024 to {int.MaxValue}, not {MaxBodyBytes}";
        if (MaxBytesInFlight != 0 && MaxBytesInFlight < 2 * MaxBodyBytes)
            return $"{nameof(MaxBytesInFlight)} must be 0, or at least two bodies ({nameof(MaxBodyBytes)} is {MaxBodyBytes}), not {MaxBytesInFlight}";
        if (MaxClientBatchSize is < 1 or > 1 << 20)
            return $"{nameof(MaxClientBatchSize)} must be 1 to {1 << 20}, not {MaxClientBatchSize}";
        return PineconeKey is null || AdminOptions.IsToken(PineconeKey) ? null : $"{nameof(PineconeKey)} must be at least {AdminOptions.MinTokenLength} printable ASCII characters without blanks";
    }
}
