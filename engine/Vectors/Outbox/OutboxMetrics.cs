using System.Diagnostics.Metrics;
using Orrery.Engine.Execution;

namespace Orrery.Engine.Vectors.Outbox;

/// <summary>The outbox's instruments.</summary>
internal sealed class OutboxMetrics : IDisposable
{
    private readonly Meter _meter = new(EngineMetrics.MeterName);
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _dead;

    public OutboxMetrics(Func<long> records, Func<TimeSpan> oldest)
    {
        _delivered = _meter.CreateCounter<long>("orrery.vectors.outbox.delivered", "{record}", "Records that were queued and then taken by the service.");
        _dead = _meter.CreateCounter<long>("orrery.vectors.outbox.dead", "{record}", "Records that were queued and then refused, moved aside.");
        _meter.CreateObservableGauge("orrery.vectors.outbox.records", records, "{record}", "Records that wait for the service.");
        _meter.CreateObservableGauge("orrery.vectors.outbox.age", () => oldest().TotalSeconds, "s", "How long the oldest of them waits.");
    }

    public void Delivered(OutboxEntry entry) => _delivered.Add(entry.Call.Records, new KeyValuePair<string, object?>("index", entry.Lane.Index));

    public void Dead(OutboxEntry entry) => _dead.Add(entry.Call.Records, new KeyValuePair<string, object?>("index", entry.Lane.Index));

    public void Dispose() => _meter.Dispose();
}
