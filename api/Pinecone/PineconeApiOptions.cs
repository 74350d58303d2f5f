using Orrery.Api.Admin;

namespace Orrery.Api.Pinecone;

/// <summary>Who may use the Pinecone-compatible routes. Registered as a singleton; without it they are open.</summary>
public sealed record PineconeApiOptions
{
    /// <summary>What callers bring as <c>Api-Key</c> or as <c>Authorization: Bearer</c>; null lets everybody use the routes.</summary>
    public string? Key { get; init; }

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate() => Key is null || AdminOptions.IsToken(Key)
        ? null
        : $"{nameof(PineconeApiOptions)}.{nameof(Key)} must be at least {AdminOptions.MinTokenLength} printable ASCII characters without blanks";
}
