using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Orrery.Api.Metrics;

/// <summary>
/// Every instrument of every meter whose name begins with Orrery, as Prometheus' text format 0.0.4. The official exporter
/// for ASP.NET is not out of preview; this listens to the same System.Diagnostics.Metrics instruments.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<MetricFamily> _families = [];
    private readonly MeterListener _listener;

    public PrometheusExporter()
    {
        _listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (!instrument.Meter.Name.StartsWith("Orrery", StringComparison.Ordinal))
                    return;
                var family = new MetricFamily(instrument);
                lock (_gate)
                    _families.Add(family);
                listener.EnableMeasurementEvents(instrument, family);
            },
            // A meter that is disposed (a server started anew in one process) takes its figures along.
            MeasurementsCompleted = (_, state) =>
            {
                lock (_gate)
                    _families.Remove((MetricFamily)state!);
            },
        };
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((MetricFamily)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>The page.</summary>
    public string Render()
    {
        var text = new StringBuilder();
        lock (_gate)
        {
            foreach (var family in _families)
                family.ClearObserved();
            _listener.RecordObservableInstruments();
            // Two servers of one process have instruments of the same name; a name's samples must stand together.
            foreach (var group in _families.GroupBy(family => family.Name))
            {
                group.First().RenderHead(text);
                foreach (var family in group)
                    family.RenderSamples(text);
            }
        }

        RenderProcess(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static void RenderProcess(StringBuilder text)
    {
        using var process = Process.GetCurrentProcess();
        Sample("process_cpu_seconds_total", "counter", process.TotalProcessorTime.TotalSeconds);
        Sample("process_resident_memory_bytes", "gauge", process.WorkingSet64);
        Sample("process_open_threads", "gauge", process.Threads.Count);
        Sample("dotnet_gc_heap_bytes", "gauge", GC.GetTotalMemory(false));
        Sample("dotnet_gc_collections_total", "counter", GC.CollectionCount(0));

        void Sample(string name, string type, double value) =>
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n{name} {value}\n");
    }
}
