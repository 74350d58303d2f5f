using System.Globalization;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Interfaces.Vectors;

/// <summary>Where a page over shards ended that takes one shard after another: in which, and at that shard's own token.</summary>
public static class ShardToken
{
    /// <summary>In a shard, at the shard's own token; null for its beginning.</summary>
    public static string Of(int shard, string? inner) => PageToken.Of(string.Create(CultureInfo.InvariantCulture, $"{shard}:{inner}"));

    /// <summary>Reads what <see cref="Of"/> wrote.</summary>
    /// <param name="token">The token; null for the first page.</param>
    /// <param name="shards">How many shards there are.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="inner">Its own token; null for its beginning.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static InferenceError? Read(string? token, int shards, out int shard, out string? inner)
    {
        (shard, inner) = (0, null);
        if (PageToken.Read(token, out string? text) is { } wrong)
            return wrong;
        if (text is null)
            return null;
        if (text.Split(':', 2) is not [var number, var rest] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out shard) || shard >= shards)
            return PageToken.Wrong(token!);
        inner = rest.Length == 0 ? null : rest;
        return null;
    }
}
