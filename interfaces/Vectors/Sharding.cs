using System.Runtime.InteropServices;
using System.Text;
using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces.Vectors;

/// <summary>Which shard a record is in, and the parts of a request by shard. Pure.</summary>
internal static class Sharding
{
    private const int StackBytes = 512;

    /// <summary>
    /// The shard of an id: FNV-1a (64 bits) over its UTF-8, mixed by the end of MurmurHash3 so that every bit counts, and reduced. It must never
    /// change: records lie where it said when they were written.
    /// </summary>
    public static int ShardOf(string id, int shards)
    {
        var bytes = Encoding.UTF8.GetByteCount(id);
        Span<byte> utf8 = bytes <= StackBytes ? stackalloc byte[StackBytes] : new byte[bytes];
        utf8 = utf8[..Encoding.UTF8.GetBytes(id, utf8)];
        var hash = 14695981039346656037UL;
        foreach (var b in utf8)
            hash = (hash ^ b) * 1099511628211UL;
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        hash ^= hash >> 33;
        return (int)(hash % (ulong)shards);
    }

    /// <summary>The places of ids in their list, by shard.</summary>
    public static List<int>[] Split(IReadOnlyList<string> ids, int shards)
    {
        var places = new List<int>[shards];
        for (var i = 0; i < shards; i++)
            places[i] = new List<int>((ids.Count / shards) + 1);
        for (var i = 0; i < ids.Count; i++)
            places[ShardOf(ids[i], shards)].Add(i);
        return places;
    }

    /// <summary>The ids at some places.</summary>
    public static string[] Take(IReadOnlyList<string> ids, List<int> places)
    {
        var taken = new string[places.Count];
        for (var i = 0; i < taken.Length; i++)
            taken[i] = ids[places[i]];
        return taken;
    }

    /// <summary>The records at some places.</summary>
    public static UpsertCall Take(UpsertRequest request, List<int> places)
    {
        var width = request.Dimension;
        var values = new byte[places.Count * width * sizeof(float)];
        var floats = MemoryMarshal.Cast<byte, float>(values.AsSpan());
        var all = request.Values.Span;
        var metadata = request.Metadata.Count == 0 ? null : new ReadOnlyMemory<byte>[places.Count];
        for (var i = 0; i < places.Count; i++)
        {
            all.Slice(places[i] * width, width).CopyTo(floats[(i * width)..]);
            if (metadata is not null)
                metadata[i] = request.Metadata[places[i]];
        }

        return new UpsertCall { Ids = Take(request.Ids, places), Dimension = width, Values = values, Metadata = metadata, Model = request.Model?.Name, Digest = request.Model?.Digest, Operation = request.Operation };
    }
}
