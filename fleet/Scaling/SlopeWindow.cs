using System.Collections.Immutable;

namespace Orrery.Fleet.Scaling;

/// <summary>
/// The last few observations and the median of their slopes (after Theil and Sen: P. K. Sen, 1968). A steady rise shows within half the window; a
/// single jump does not, because most slopes do not contain it. Immutable.
/// </summary>
public sealed class SlopeWindow
{
    private const int Size = 12;
    private const int Lag = 3;

    /// <summary>Nothing seen.</summary>
    public static SlopeWindow Empty { get; } = new([]);

    private readonly ImmutableArray<(TimeSpan Time, double Value)> _entries;

    private SlopeWindow(ImmutableArray<(TimeSpan, double)> entries)
    {
        _entries = entries;
        Median = entries.Length < Size ? 0 : MedianSlope(entries);
    }

    /// <summary>Median rise a second; 0 until the window is full.</summary>
    public double Median { get; }

    /// <summary>Seconds from the first observation to the last.</summary>
    public double Span => _entries.IsEmpty ? 0 : (_entries[^1].Time - _entries[0].Time).TotalSeconds;

    /// <summary>The window that ends with this observation.</summary>
    /// <param name="time">After that of the last.</param>
    /// <param name="value">What was observed.</param>
    public SlopeWindow Add(TimeSpan time, double value) =>
        new((_entries.Length < Size ? _entries : _entries.RemoveAt(0)).Add((time, value)));

    private static double MedianSlope(ImmutableArray<(TimeSpan Time, double Value)> entries)
    {
        Span<double> slopes = stackalloc double[Size - Lag];
        for (var i = 0; i < slopes.Length; i++)
            slopes[i] = (entries[i + Lag].Value - entries[i].Value) / (entries[i + Lag].Time - entries[i].Time).TotalSeconds;
        slopes.Sort();
        return slopes[slopes.Length / 2];
    }
}
