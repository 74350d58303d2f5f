using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Orrery.Engine;

namespace Orrery.Interfaces.Vectors;

/// <summary>Where a page ended, as text that means nothing to whoever sends it back. After an id it reads as the embedded store's own does.</summary>
public static class PageToken
{
    /// <summary>What is answered to a token that nobody made.</summary>
    public static InferenceError Wrong { get; } = new(InferenceErrorKind.Invalid, "the pagination token is not one that was given out", "paginationToken");

    /// <summary>After an id or a name.</summary>
    public static string After(string last) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(last));

    /// <summary>Reads what <see cref="After"/> wrote.</summary>
    public static bool TryRead(string token, out string last)
    {
        last = "";
        if (!Base64Url.IsValid(token))
            return false;
        last = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        return true;
    }

    /// <summary>In a shard, at the shard's own token; null for its beginning.</summary>
    public static string In(int shard, string? inner) => After(string.Create(CultureInfo.InvariantCulture, $"{shard}:{inner}"));

    /// <summary>Reads what <see cref="In"/> wrote.</summary>
    public static bool TryRead(string token, int shards, out int shard, out string? inner)
    {
        (shard, inner) = (0, null);
        if (!TryRead(token, out var text) || text.Split(':', 2) is not [var number, var rest] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out shard) || shard >= shards)
            return false;
        inner = rest.Length == 0 ? null : rest;
        return true;
    }
}
