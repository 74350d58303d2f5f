using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Orrery.Api.Admin;

/// <summary>A token that callers must bring. Only its digest is kept, and digests are compared in constant time: neither its length nor how far a guess agrees can be measured.</summary>
internal sealed class Secret(string token)
{
    private const string Scheme = "Bearer ";

    private readonly byte[] _digest = SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether a header is the token.</summary>
    public bool IsIn(StringValues header) => header.Count == 1 && header[0] is { } given && Is(given);

    /// <summary>Whether a header is <c>Bearer</c> and the token (RFC 6750).</summary>
    public bool IsBearerIn(StringValues header) =>
        header.Count == 1 && header[0] is { } value && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && Is(value[Scheme.Length..].Trim(' '));

    private bool Is(string given)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(given), digest);
        return CryptographicOperations.FixedTimeEquals(digest, _digest);
    }
}
