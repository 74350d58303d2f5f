using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Orrery.Api.Metrics;

/// <summary>One instrument and its series. Recording finds a series without allocating; a new one is made once for each set of tags.</summary>
internal sealed class MetricFamily(Instrument instrument)
{
    // Tags come from routes, models and causes, of which there are few; a bound keeps a mistake from filling the memory.
    private const int MaxSeries = 2000;

    private static readonly double[] _secondBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly double[] _countBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly Lock _gate = new();
    private readonly double[]? _buckets = !IsHistogram(instrument) ? null : instrument.Unit == "s" ? _secondBuckets : _countBuckets;
    private readonly bool _isCounter = instrument.GetType().Name is var type && type.StartsWith("Counter", StringComparison.Ordinal);
    private Series[] _series = [];

    public string Name { get; } = NameOf(instrument);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Find(tags) is { } series)
            series.Record(value, instrument.IsObservable || (!_isCounter && _buckets is null && instrument is Gauge<double> or Gauge<long> or Gauge<int>), _buckets);
    }

    /// <summary>Forgets observed values: what is not observed any more (a model that is gone) must not stay.</summary>
    public void ClearObserved()
    {
        if (instrument.IsObservable)
            _series = [];
    }

    public void RenderHead(StringBuilder text)
    {
        var type = _buckets is not null ? "histogram" : _isCounter ? "counter" : "gauge";
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {instrument.Description}\n# TYPE {Name} {type}\n");
    }

    public void RenderSamples(StringBuilder text)
    {
        foreach (var series in _series)
            series.Render(text, Name, _buckets);
    }

    private static bool IsHistogram(Instrument instrument) => instrument is Histogram<int> or Histogram<long> or Histogram<double>;

    private static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_') + instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return instrument.GetType().Name.StartsWith("Counter", StringComparison.Ordinal) ? name + "_total" : name;
    }

    private Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var series in Volatile.Read(ref _series))
        {
            if (series.Has(tags))
                return series;
        }

        lock (_gate)
        {
            foreach (var series in _series)
            {
                if (series.Has(tags))
                    return series;
            }

            if (_series.Length >= MaxSeries)
                return null;
            var added = new Series(tags.ToArray(), _buckets?.Length ?? 0);
            Volatile.Write(ref _series, [.. _series, added]);
            return added;
        }
    }

    private sealed class Series(KeyValuePair<string, object?>[] tags, int buckets)
    {
        private readonly Lock _gate = new();
        private readonly long[] _counts = new long[buckets];
        private readonly string _labels = string.Join(',', tags.Select(tag => $"{tag.Key.Replace('.', '_')}=\"{Escape(tag.Value)}\""));
        private double _value;
        private long _count;

        public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> other)
        {
            if (other.Length != tags.Length)
                return false;
            for (var i = 0; i < tags.Length; i++)
            {
                if (!Equals(tags[i].Value, other[i].Value) || tags[i].Key != other[i].Key)
                    return false;
            }

            return true;
        }

        public void Record(double value, bool replaces, double[]? bounds)
        {
            lock (_gate)
            {
                _value = replaces ? value : _value + value;
                _count++;
                for (var i = 0; i < _counts.Length; i++)
                {
                    if (value <= bounds![i])
                    {
                        _counts[i]++;
                        break;
                    }
                }
            }
        }

        public void Render(StringBuilder text, string name, double[]? bounds)
        {
            lock (_gate)
            {
                if (bounds is null)
                {
                    text.Append(name).Append(Labels()).Append(CultureInfo.InvariantCulture, $" {_value}\n");
                    return;
                }

                var below = 0L;
                for (var i = 0; i < bounds.Length; i++)
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{Labels($"le=\"{bounds[i].ToString(CultureInfo.InvariantCulture)}\"")} {below += _counts[i]}\n");
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{Labels("le=\"+Inf\"")} {_count}\n{name}_sum{Labels()} {_value}\n{name}_count{Labels()} {_count}\n");
            }
        }

        private string Labels(string? more = null) =>
            (_labels, more) switch
            {
                ("", null) => "",
                ("", _) => $"{{{more}}}",
                (_, null) => $"{{{_labels}}}",
                _ => $"{{{_labels},{more}}}",
            };

        private static string Escape(object? value) =>
            Convert.ToString(value, CultureInfo.InvariantCulture)!.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
    }
}
