using System.Collections.Concurrent;

namespace Orrery.Api.Metrics;

/// <summary>What Prometheus calls the instrument.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>All series of one metric name.</summary>
/// <param name="name">As exported.</param>
/// <param name="help">What it measures.</param>
/// <param name="kind">How it adds up.</param>
/// <param name="bounds">A histogram's upper bounds, rising; empty otherwise.</param>
/// <param name="replaces">Whether a measurement is the value itself, not something to add to it.</param>
/// <param name="observed">Whether values are read at scrape time, so that those not read then are gone.</param>
internal sealed class MetricFamily(string name, string help, MetricKind kind, double[] bounds, bool replaces, bool observed)
{
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series> _series = new(SeriesKey.Comparer);

    public string Name => name;

    public string Help => help;

    public MetricKind Kind => kind;

    public double[] Bounds => bounds;

    public bool Observed => observed;

    public IEnumerable<KeyValuePair<KeyValuePair<string, object?>[], Series>> All => _series;

    /// <summary>Takes one measurement: it replaces the value, adds to it, or counts into a bucket.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var lookup = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        if (!lookup.TryGetValue(tags, out var series))
            series = _series.GetOrAdd(tags.ToArray(), static (_, bounds) => new Series(bounds.Length), bounds);
        if (kind == MetricKind.Histogram)
            series.Observe(value, bounds);
        else if (replaces)
            series.Set(value);
        else
            series.Add(value);
    }

    public void Clear() => _series.Clear();
}

/// <summary>One label set's numbers.</summary>
internal sealed class Series(int bounds)
{
    private readonly long[] _buckets = new long[bounds == 0 ? 0 : bounds + 1];
    private double _value;

    /// <summary>The value, or a histogram's sum.</summary>
    public double Value => Volatile.Read(ref _value);

    /// <summary>Observations within one bucket, not cumulated; the last is above all bounds.</summary>
    public long Bucket(int index) => Volatile.Read(ref _buckets[index]);

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double value)
    {
        double seen;
        do
        {
            seen = Volatile.Read(ref _value);
        }
        while (Interlocked.CompareExchange(ref _value, seen + value, seen) != seen);
    }

    public void Observe(double value, double[] upper)
    {
        var index = Array.BinarySearch(upper, value);
        Interlocked.Increment(ref _buckets[index < 0 ? ~index : index]);
        Add(value);
    }
}
