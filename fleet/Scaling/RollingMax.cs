using System.Collections.Immutable;

namespace Orrery.Fleet.Scaling;

/// <summary>The largest of the numbers added within a window of time. Immutable; memory grows with the falls in the window, not with its numbers.</summary>
public sealed class RollingMax
{
    /// <summary>Nothing added.</summary>
    public static RollingMax Empty { get; } = new([]);

    // Values fall strictly from first to last: whatever a later, larger value makes irrelevant is gone.
    private readonly ImmutableArray<(TimeSpan Time, int Value)> _entries;

    private RollingMax(ImmutableArray<(TimeSpan, int)> entries) => _entries = entries;

    /// <summary>The largest number of the window; 0 when nothing was added.</summary>
    public int Max => _entries.IsEmpty ? 0 : _entries[0].Value;

    /// <summary>The largest number added at <paramref name="time"/> or later; 0 when none was.</summary>
    public int Since(TimeSpan time)
    {
        foreach (var (at, value) in _entries)
            if (at >= time)
                return value;
        return 0;
    }

    /// <summary>When a number of at least <paramref name="value"/> was added last; null when none is in the window.</summary>
    public TimeSpan? LastAtLeast(double value)
    {
        for (var i = _entries.Length - 1; i >= 0; i--)
            if (_entries[i].Value >= value)
                return _entries[i].Time;
        return null;
    }

    /// <summary>The window that ends at <paramref name="now"/> and holds <paramref name="value"/> too.</summary>
    /// <param name="now">Not before the time of what was added last.</param>
    /// <param name="value">The number of this moment.</param>
    /// <param name="window">Length of the window; what is older is forgotten.</param>
    public RollingMax Add(TimeSpan now, int value, TimeSpan window)
    {
        var keep = _entries.Length;
        while (keep > 0 && _entries[keep - 1].Value <= value)
            keep--;
        var first = 0;
        while (first < keep && now - _entries[first].Time > window)
            first++;
        var entries = ImmutableArray.CreateBuilder<(TimeSpan, int)>(keep - first + 1);
        for (var i = first; i < keep; i++)
            entries.Add(_entries[i]);
        entries.Add((now, value));
        return new(entries.MoveToImmutable());
    }
}
