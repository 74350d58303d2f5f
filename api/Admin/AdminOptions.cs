using System.Net;

namespace Orrery.Api.Admin;

/// <summary>Who may use routes that change things.</summary>
public sealed record AdminOptions
{
    /// <summary>Fewer characters could be guessed over the network.</summary>
    public const int MinTokenLength = 16;

    /// <summary>The bearer token that administration asks for; null lets callers on this machine administer, and nobody else.</summary>
    public string? Token { get; init; }

    /// <summary>The address or name that the server listens at. On anything but the loopback nobody administers without a token.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>
    /// The hosts that requests which change things may be addressed to, without ports: names, addresses, <c>*.example.com</c>, or <c>*</c> for any;
    /// empty for loopback names, the address that the server listens at, and the machine's name.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Whether only this machine can reach the server, unless something on it passes requests on.</summary>
    public bool OnLoopback => IPAddress.TryParse(Host, out var address) ? IPAddress.IsLoopback(address) : Host == "localhost";

    /// <summary>Whether a token is long enough, and can stand in a header: printable ASCII without blanks.</summary>
    public static bool IsToken(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return token.Length >= MinTokenLength && token.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;
    }

    /// <summary>Says what is wrong, naming the key; null when nothing is.</summary>
    public string? Validate()
    {
        foreach (var host in AllowedHosts)
        {
            if (!IsHost(host))
                return $"Server:AllowedHosts must be names or addresses without scheme, port or path, '*.example.com', or '*', not '{host}'";
        }

        return Token is null || IsToken(Token) ? null : $"Admin:Token (ADMIN_TOKEN) must be at least {MinTokenLength} printable ASCII characters without blanks";
    }

    private static bool IsHost(string host)
    {
        var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
        return name == "*" ? host == name : Uri.CheckHostName(name) is not UriHostNameType.Unknown;
    }
}
