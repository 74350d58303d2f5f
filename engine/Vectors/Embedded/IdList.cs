using System.Text;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A namespace's ids in bytewise order, as UTF-8 one after another.</summary>
internal sealed class IdList
{
    private readonly byte[] _bytes;
    private readonly (int Start, int Length)[] _ids;

    private IdList(byte[] bytes, (int Start, int Length)[] ids, long version)
    {
        _bytes = bytes;
        _ids = ids;
        Version = version;
    }

    /// <summary>Of which <see cref="Namespace.IdVersion"/> it is at least.</summary>
    public long Version { get; }

    /// <summary>Reads and sorts.</summary>
    /// <param name="space">The namespace.</param>
    /// <param name="reader">A reader that began after the version was read.</param>
    /// <param name="version">The version.</param>
    /// <param name="cancellation">Gives up.</param>
    public static IdList Read(Namespace space, RecordReader reader, long version, CancellationToken cancellation)
    {
        var bytes = new MemoryStream();
        var ids = new List<(int Start, int Length)>((int)space.Records);
        reader.ReadIds(space, (_, id) =>
        {
            cancellation.ThrowIfCancellationRequested();
            ids.Add((checked((int)bytes.Length), id.Length));
            bytes.Write(id);
        });
        var sorted = new IdList(bytes.ToArray(), [.. ids], version);
        Array.Sort(sorted._ids, (a, b) => sorted.Bytes(a).SequenceCompareTo(sorted.Bytes(b)));
        return sorted;
    }

    /// <summary>A page of ids.</summary>
    /// <param name="prefix">What they start with.</param>
    /// <param name="after">The id that they follow; null for the first.</param>
    /// <param name="limit">How many at most.</param>
    public IdPage Page(string prefix, string? after, int limit)
    {
        var start = Encoding.UTF8.GetBytes(prefix);
        var at = after is null ? 0 : LowerBound(Encoding.UTF8.GetBytes(after), beyond: true);
        at = Math.Max(at, LowerBound(start, beyond: false));
        var page = new List<string>();
        for (; at < _ids.Length && Bytes(_ids[at]).StartsWith(start); at++)
        {
            if (page.Count == limit)
                return new(page, PageToken.Of(page[^1]));
            page.Add(Encoding.UTF8.GetString(Bytes(_ids[at])));
        }

        return new(page, null);
    }

    private ReadOnlySpan<byte> Bytes((int Start, int Length) id) => _bytes.AsSpan(id.Start, id.Length);

    // The first id that is not before a value, or the first that is beyond it.
    private int LowerBound(ReadOnlySpan<byte> value, bool beyond)
    {
        var (low, high) = (0, _ids.Length);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var order = Bytes(_ids[middle]).SequenceCompareTo(value);
            if (order < 0 || (beyond && order == 0))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
