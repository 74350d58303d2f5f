namespace Orrery.Api.Admin;

/// <summary>Who may use routes that change things.</summary>
public sealed record AdminOptions
{
    /// <summary>Fewer characters could be guessed over the network.</summary>
    public const int MinTokenLength = 16;

    /// <summary>The bearer token that such a route asks for; null lets callers on this machine use them, and nobody else.</summary>
    public string? Token { get; init; }

    /// <summary>Whether a token is long enough, and can stand in a header: printable ASCII without blanks.</summary>
    public static bool IsToken(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return token.Length >= MinTokenLength && token.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;
    }

    /// <summary>Says what is wrong, naming the key; null when nothing is.</summary>
    public string? Validate() => Token is null || IsToken(Token) ? null : $"Admin:Token (ADMIN_TOKEN) must be at least {MinTokenLength} printable ASCII characters without blanks";
}
