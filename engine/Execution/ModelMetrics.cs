using System.Diagnostics.Metrics;
using Orrery.Engine.Batching;
using Orrery.Engine.Models;

namespace Orrery.Engine.Execution;

/// <summary>The engine's instruments, shared by all models. Seconds and tokens, as OpenTelemetry spells units.</summary>
internal sealed class EngineMetrics : IDisposable
{
    public const string MeterName = "Orrery.Engine";

    public EngineMetrics()
    {
        Meter = new Meter(MeterName);
        Texts = Meter.CreateCounter<long>("orrery.engine.items", "{item}", "Texts and tensor requests computed.");
        Tokens = Meter.CreateCounter<long>("orrery.engine.tokens", "{token}", "Tokens computed, padding excluded.");
        Padding = Meter.CreateCounter<long>("orrery.engine.padding", "{token}", "Padding computed.");
        Coalesced = Meter.CreateCounter<long>("orrery.engine.coalesced", "{item}", "Texts answered by an equal one in flight.");
        Errors = Meter.CreateCounter<long>("orrery.engine.errors", "{item}", "Items refused or failed, by cause.");
        BatchItems = Meter.CreateHistogram<int>("orrery.engine.batch.items", "{item}", "Items of a batch.");
        QueueDelay = Meter.CreateHistogram<double>("orrery.engine.queue.delay", "s", "From queued to run.");
        Detections = Meter.CreateCounter<long>("orrery.engine.detections", "{text}", "Texts that detectors judged, by their answer at the detector's own threshold.");
        RunDuration = Meter.CreateHistogram<double>("orrery.engine.run.duration", "s", "One run of a session.");
    }

    private Meter Meter { get; }

    public Counter<long> Texts { get; }

    public Counter<long> Tokens { get; }

    public Counter<long> Padding { get; }

    public Counter<long> Coalesced { get; }

    public Counter<long> Errors { get; }

    public Histogram<int> BatchItems { get; }

    public Histogram<double> QueueDelay { get; }

    public Histogram<double> RunDuration { get; }

    /// <summary>By detector and label: how answers are spread shows when texts are no longer those it was trained on.</summary>
    public Counter<long> Detections { get; }

    /// <summary>Gauges over the models that are loaded when they are read.</summary>
    public void ObserveModels(Func<IEnumerable<LoadedModel>> models)
    {
        Meter.CreateObservableGauge(
            "orrery.engine.queue.tokens", () => models().Select(model => model.Metrics.QueuedTokens), "{token}", "Tokens waiting.");
        Meter.CreateObservableGauge(
            "orrery.engine.model.size",
            () => models().Select(model => new Measurement<long>(model.Info.FileBytes, new KeyValuePair<string, object?>("model", model.Info.Name))),
            "By", "Bytes of the model's files.");
    }

    public void Dispose() => Meter.Dispose();
}

/// <summary>One model's view of the instruments.</summary>
internal sealed class ModelMetrics(EngineMetrics metrics, string model) : IDisposable
{
    private readonly KeyValuePair<string, object?> _model = new("model", model);
    private readonly KeyValuePair<string, object?> _overloaded = new("cause", "overloaded");
    private readonly KeyValuePair<string, object?> _deadline = new("cause", "deadline");
    private readonly KeyValuePair<string, object?> _cancelled = new("cause", "cancelled");
    private readonly KeyValuePair<string, object?> _failed = new("cause", "failed");
    private Func<long>? _queued;

    /// <summary>Tokens waiting now; 0 once disposed.</summary>
    public Measurement<long> QueuedTokens => new(_queued?.Invoke() ?? 0, _model);

    public void Observe(Func<long> queuedTokens) => _queued = queuedTokens;

    public void Refused() => metrics.Errors.Add(1, _model, _overloaded);

    public void Expired() => metrics.Errors.Add(1, _model, _deadline);

    public void Failed(int items) => metrics.Errors.Add(items, _model, _failed);

    public void Cancelled(int items)
    {
        if (items > 0)
            metrics.Errors.Add(items, _model, _cancelled);
    }

    public void Ran(List<QueueEntry> batch, long padded, long start, double seconds, TimeProvider time)
    {
        var tokens = 0L;
        var followers = 0;
        foreach (var entry in batch)
        {
            tokens += entry.Length;
            metrics.QueueDelay.Record(time.GetElapsedTime(entry.Enqueued, start).TotalSeconds, _model);
            for (var item = (entry as TextItem)?.Follower; item is not null; item = item.Follower)
                followers++;
        }

        metrics.Texts.Add(batch.Count, _model);
        metrics.Tokens.Add(tokens, _model);
        metrics.Padding.Add(padded - tokens, _model);
        if (followers > 0)
            metrics.Coalesced.Add(followers, _model);
        metrics.BatchItems.Record(batch.Count, _model);
        metrics.RunDuration.Record(seconds, _model);
    }

    public void Dispose() => _queued = null;
}
