using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Orrery.Api.Metrics;

/// <summary>Listens to every meter of Orrery's and Orleans', and keeps what Prometheus wants to read.</summary>
internal sealed class MetricsCollector : IDisposable
{
    private static readonly string[] Meters = ["Orrery", "Microsoft.Orleans"];

    // From what a tiny model takes to the longest deadline anyone waits.
    private static readonly double[] Seconds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private static readonly double[] Counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 65536];

    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly Lock _scrape = new();

    public MetricsCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Array.Exists(Meters, name => instrument.Meter.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase)))
                listener.EnableMeasurementEvents(instrument, FamilyOf(instrument));
        };
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, family) => ((MetricFamily)family!).Record((double)value, tags));
        _listener.Start();
    }

    /// <summary>Reads the observable instruments, then writes everything.</summary>
    public void Scrape(PrometheusText text)
    {
        lock (_scrape)
        {
            foreach (var family in _families.Values)
            {
                if (family.Observed)
                    family.Clear();
            }

            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
                text.Write(family);
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Instruments of one name share a family: a meter that is made anew goes on where the old one was.</summary>
    private MetricFamily FamilyOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var kind = type == typeof(Histogram<>) ? MetricKind.Histogram
            : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter : MetricKind.Gauge;
        var bounds = kind == MetricKind.Histogram ? instrument.Unit == "s" ? Seconds : Counts : [];
        return _families.GetOrAdd(
            PrometheusText.NameOf(instrument.Name, instrument.Unit, kind),
            name => new MetricFamily(
                name, instrument.Description ?? "", kind, bounds, replaces: instrument.IsObservable || type == typeof(Gauge<>), observed: instrument.IsObservable));
    }
}
