using System.Diagnostics.Metrics;
using Orrery.Engine.Execution;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>The embedded store's instruments.</summary>
internal sealed class VectorMetrics : IDisposable
{
    private readonly Meter _meter = new(EngineMetrics.MeterName);

    public VectorMetrics(Func<IEnumerable<EmbeddedIndex>> indexes)
    {
        Upserted = _meter.CreateCounter<long>("orrery.vectors.upserted", "{record}", "Records written.");
        UpsertDuration = _meter.CreateHistogram<double>("orrery.vectors.upsert.duration", "s", "From asked to durable.");
        QueryDuration = _meter.CreateHistogram<double>("orrery.vectors.query.duration", "s", "Searching, without waiting for a thread.");
        Reranked = _meter.CreateHistogram<long>("orrery.vectors.query.reranked", "{record}", "Vectors that a query read from the file to prove its answer.");
        _meter.CreateObservableGauge("orrery.vectors.records", () => Records(indexes()), "{record}", "Records of each index.");
    }

    public Counter<long> Upserted { get; }

    public Histogram<double> UpsertDuration { get; }

    public Histogram<double> QueryDuration { get; }

    public Histogram<long> Reranked { get; }

    public static KeyValuePair<string, object?> Tag(string index) => new("index", index);

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Records(IEnumerable<EmbeddedIndex> indexes)
    {
        // Not of each namespace: there may be as many as there are customers.
        foreach (var index in indexes)
            yield return new(index.State.Records, Tag(index.Name));
    }
}
