using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Orrery.Engine.Vectors.Outbox;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>
/// Which model made the vectors of a namespace: learnt from the mark of some of its records, then remembered here and in the outbox's file.
/// The first to write says it for an empty namespace; two processes that both are the first do not see each other.
/// </summary>
internal sealed class NamespaceModels
{
    // Records looked at: one that was written by somebody else bears no mark.
    private const int Sample = 10;

    // Namespaces that are remembered to have no model, which anybody can ask for by any name.
    private const int MaxEmpty = 10_000;

    // How long a namespace without any mark is taken to be so.
    private static readonly TimeSpan _again = TimeSpan.FromMinutes(1);

    private readonly IndexDirectory _indexes;
    private readonly OutboxFile _outbox;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<Lane, Kept> _kept = new();

    public NamespaceModels(IndexDirectory indexes, OutboxFile outbox, TimeProvider time, ILogger logger)
    {
        (_indexes, _outbox, _time, _logger) = (indexes, outbox, time, logger);
        foreach (var (lane, model) in outbox.ClaimedModels())
            _kept[lane] = new Kept(model, false, null);
        foreach (var (lane, model) in outbox.Models())
            _kept[lane] = new Kept(model, true, null);
    }

    /// <summary>What is remembered without asking; null for nothing.</summary>
    public EmbeddingModel? Known(Lane lane) => _kept.TryGetValue(lane, out var kept) ? kept.Model : null;

    /// <summary>The model of a namespace, asked of Pinecone when it is not remembered.</summary>
    public async ValueTask<Outcome<Kept>> FindAsync(Lane lane, TimeSpan? patience, CancellationToken cancellation)
    {
        if (_kept.TryGetValue(lane, out var kept) && (kept.Confirmed || (kept.Asked is { } asked && _time.GetElapsedTime(asked) < _again)))
            return kept;
        var ids = await LearnIdsAsync(lane, patience, cancellation);
        if (!ids.TryGet(out var sample, out var error))
            return error;
        EmbeddingModel? found = null;
        if (sample.Count > 0)
        {
            var fetched = await _indexes.CallAsync(lane.Index, HttpMethod.Get, RecordPaths.Fetch(lane.Namespace, sample), default, patience, cancellation);
            if (!fetched.TryGet(out var reply, out error))
                return error;
            using (reply)
                found = RecordJson.Model(reply.Json);
        }

        if (found is not null)
        {
            await ConfirmAsync(lane, found);
            return _kept[lane];
        }

        if (_kept.Count > MaxEmpty)
            ForgetEmpty();
        // What somebody here has claimed meanwhile stands.
        var now = _time.GetTimestamp();
        return _kept.AddOrUpdate(lane, static (_, now) => new Kept(null, false, now), static (_, kept, now) => kept with { Asked = now }, now);
    }

    /// <summary>Says that vectors of a model are about to be written, and tells whose the namespace is then: the first's.</summary>
    public EmbeddingModel Claim(Lane lane, EmbeddingModel model) =>
        _kept.AddOrUpdate(lane, static (_, model) => new Kept(model, false, null), static (_, kept, model) => kept.Model is null ? kept with { Model = model } : kept, model).Model!;

    /// <summary>Takes back a claim whose vectors were refused.</summary>
    public void Release(Lane lane)
    {
        if (_kept.TryGetValue(lane, out var kept) && !kept.Confirmed)
            _kept.TryRemove(new KeyValuePair<Lane, Kept>(lane, kept));
    }

    /// <summary>Remembers a model whose vectors are in a namespace.</summary>
    public async ValueTask ConfirmAsync(Lane lane, EmbeddingModel model)
    {
        if (_kept.TryGetValue(lane, out var kept) && kept.Confirmed && kept.Model == model)
            return;
        _kept[lane] = new Kept(model, true, null);
        try
        {
            await _outbox.SaveModelAsync(lane, model);
        }
        catch (SqliteException e)
        {
            // The vectors are written; after a restart the model is learnt from them.
            Log.NotSaved(_logger, e, lane.Index, lane.Namespace);
        }
    }

    /// <summary>Forgets a namespace that was removed. For a while it is not asked about: Pinecone may tell of its records still.</summary>
    public async ValueTask ForgetAsync(Lane lane)
    {
        _kept[lane] = new Kept(null, false, _time.GetTimestamp());
        await ForgetSavedAsync(lane.Index, lane.Namespace);
    }

    /// <summary>Forgets all namespaces of an index that was removed or is new.</summary>
    public async ValueTask ForgetAsync(string index)
    {
        foreach (var lane in _kept.Keys)
        {
            if (lane.Index == index)
                _kept.TryRemove(lane, out _);
        }

        await ForgetSavedAsync(index, null);
    }

    private async ValueTask ForgetSavedAsync(string index, string? @namespace)
    {
        try
        {
            await _outbox.ForgetModelsAsync(index, @namespace);
        }
        catch (SqliteException e)
        {
            // What is removed in Pinecone stays so; here the model comes back with the next start.
            Log.NotSaved(_logger, e, index, @namespace ?? "*");
        }
    }

    private void ForgetEmpty()
    {
        foreach (var entry in _kept)
        {
            if (entry.Value.Model is null)
                _kept.TryRemove(entry);
        }
    }

    private async ValueTask<Outcome<IReadOnlyList<string>>> LearnIdsAsync(Lane lane, TimeSpan? patience, CancellationToken cancellation)
    {
        var listed = await _indexes.CallAsync(lane.Index, HttpMethod.Get, RecordPaths.List(lane.Namespace, "", Sample, null), default, patience, cancellation);
        if (listed.TryGet(out var reply, out var error))
        {
            using (reply)
                return RecordJson.Ids(reply.Json);
        }

        return error is { Kind: InferenceErrorKind.NotFound, Field: "namespace" } ? Array.Empty<string>() : error;
    }

    /// <summary>What is remembered of a namespace.</summary>
    /// <param name="Model">Its model; null where nobody said.</param>
    /// <param name="Confirmed">Whether vectors of it are there, else it is only claimed.</param>
    /// <param name="Asked">When Pinecone was asked in vain.</param>
    internal sealed record Kept(EmbeddingModel? Model, bool Confirmed, long? Asked);
}
