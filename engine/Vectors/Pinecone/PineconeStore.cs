using System.Net;
using Microsoft.Extensions.Logging;
using Orrery.Engine.Vectors.Outbox;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>
/// Vectors in Pinecone's service, over its REST API. While it is slow or down, upserts are kept in an outbox on this machine, answered as queued, and
/// sent in order when it is well again; calls that follow them in the same namespace wait behind them. What Pinecone then refuses is moved aside
/// with its reason. An upsert over Pinecone's limits is sent in parts: one that is refused midway leaves the parts before it there.
/// </summary>
public sealed class PineconeStore : IVectorStore
{
    /// <summary>The outbox's file within <see cref="VectorOptions.Directory"/>.</summary>
    public const string OutboxName = "pinecone.outbox";

    private readonly PineconeClient _client;
    private readonly IndexDirectory _indexes;
    private readonly IndexAdmin _admin;
    private readonly OutboxFile _outbox;
    private readonly NamespaceModels _models;
    private readonly RecordReader _reader;
    private readonly RecordWriter _writer;
    private readonly OutboxDrainer _drainer;
    private HttpMessageHandler? _owned;

    private PineconeStore(string index, PineconeOptions options, OutboxFile outbox, HttpMessageHandler handler, ILoggerFactory loggers, TimeProvider time)
    {
        DefaultIndex = index;
        var logger = loggers.CreateLogger<PineconeStore>();
        _outbox = outbox;
        _client = new PineconeClient(options, handler, time, logger);
        _indexes = new IndexDirectory(_client, options, time, logger);
        _admin = new IndexAdmin(_client, _indexes, options);
        _models = new NamespaceModels(_indexes, outbox, time, logger);
        _reader = new RecordReader(_indexes, _models);
        _writer = new RecordWriter(_indexes, _models, outbox, options.Patience);
        if (outbox.Records > 0)
            Outbox.Log.Found(logger, outbox.Records);
        _drainer = new OutboxDrainer(outbox, _writer.DeliverAsync, time, logger);
        _writer.Queued = _drainer.Start;
    }

    /// <inheritdoc/>
    public string DefaultIndex { get; }

    /// <summary>Records that wait in the outbox.</summary>
    public long QueuedRecords => _outbox.Records;

    /// <summary>The most dead letters that are told at a time.</summary>
    public const int MaxDeadLetters = 1_000;

    /// <summary>Connections as this store wants them. They follow no redirections, which would take the key to another host.</summary>
    /// <returns>To be disposed of after the store.</returns>
    public static HttpMessageHandler Connections() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // Names may come to mean other addresses.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <summary>Opens the outbox with connections of its own.</summary>
    /// <inheritdoc cref="Open(VectorOptions, PineconeOptions, HttpMessageHandler, ILoggerFactory, TimeProvider)"/>
    public static Outcome<PineconeStore> Open(VectorOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        var handler = Connections();
        if (Open(options, options.Pinecone, handler, loggers, time).TryGet(out var store, out var error))
        {
            store._owned = handler;
            return store;
        }

        handler.Dispose();
        return error;
    }

    /// <summary>Opens the outbox, and begins to send what is in it. Pinecone itself is asked nothing yet.</summary>
    /// <param name="options">Where the outbox is, and the default index. Validated.</param>
    /// <param name="pinecone">How to reach Pinecone. Validated.</param>
    /// <param name="handler">The connections, <see cref="Connections"/> say; the caller disposes of it after the store.</param>
    /// <param name="loggers">Hears of trouble.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The store, or an <see cref="InferenceErrorKind.Unavailable"/> when the outbox is another process's, damaged, or newer than this program.</returns>
    /// <exception cref="ArgumentException">Options are not valid.</exception>
    public static Outcome<PineconeStore> Open(VectorOptions options, PineconeOptions pinecone, HttpMessageHandler handler, ILoggerFactory loggers, TimeProvider time)
    {
        if ((options.Validate() ?? pinecone.Validate()) is { } wrong)
            throw new ArgumentException(wrong, nameof(options));
        return OutboxFile.Open(Path.Combine(options.Directory, OutboxName), pinecone.OutboxRecords, pinecone.OutboxBytes, time).TryGet(out var outbox, out var error)
            ? new PineconeStore(options.Index, pinecone, outbox, handler, loggers, time)
            : error;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<IReadOnlyList<IndexInfo>>> ListIndexesAsync(CancellationToken cancellation) => _admin.ListAsync(cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<IndexInfo>> FindIndexAsync(string index, CancellationToken cancellation) => _indexes.LookUpAsync(index, null, cancellation);

    /// <inheritdoc/>
    public async ValueTask<Outcome<IndexInfo>> CreateIndexAsync(IndexSpec spec, CancellationToken cancellation)
    {
        var created = await _admin.CreateAsync(spec, cancellation);
        if (created.Error is null)
            await _models.ForgetAsync(spec.Name);
        return created;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<IndexInfo>> ConfigureIndexAsync(string index, IndexChange change, CancellationToken cancellation) => _admin.ConfigureAsync(index, change, cancellation);

    /// <summary>Removes an index with all that is in it, and what waits for it in the outbox. A protected one is a <see cref="InferenceErrorKind.Conflict"/>.</summary>
    public async ValueTask<Outcome<Done>> DeleteIndexAsync(string index, CancellationToken cancellation)
    {
        var deleted = await _admin.DeleteAsync(index, cancellation);
        if (deleted.Error is not null)
            return deleted;
        await _models.ForgetAsync(index);
        return await _outbox.RemoveIndexAsync(index) is { } stays ? stays : deleted;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<UpsertReceipt>> UpsertAsync(UpsertRequest request, CancellationToken cancellation) => _writer.UpsertAsync(request, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<VectorMatches>> QueryAsync(VectorQuery query, CancellationToken cancellation) => _reader.QueryAsync(query, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<RecordPage>> FetchAsync(FetchRequest request, CancellationToken cancellation) => _reader.FetchAsync(request, cancellation);

    /// <summary>
    /// Changes records. Pinecone does not say whether an id was there, so one that is named counts as matched; while upserts of the namespace
    /// wait in the outbox the change waits behind them, and what a filter will match is told as 0.
    /// </summary>
    public ValueTask<Outcome<UpdateReceipt>> UpdateAsync(UpdateRequest request, CancellationToken cancellation) => _writer.UpdateAsync(request, cancellation);

    /// <summary>Removes records. While upserts of the namespace wait in the outbox, the removal waits behind them.</summary>
    public ValueTask<Outcome<Done>> DeleteAsync(DeleteRequest request, CancellationToken cancellation) => _writer.DeleteAsync(request, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<IdPage>> ListAsync(ListRequest request, CancellationToken cancellation) => _reader.ListAsync(request, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<IndexStats>> StatsAsync(string index, VectorFilter? filter, CancellationToken cancellation) => _reader.StatsAsync(index, filter, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<NamespacePage>> ListNamespacesAsync(string index, string? prefix, int limit, string? token, CancellationToken cancellation) =>
        _reader.ListNamespacesAsync(index, prefix, limit, token, cancellation);

    /// <inheritdoc/>
    public async ValueTask<Outcome<NamespaceInfo>> FindNamespaceAsync(string index, string name, CancellationToken cancellation)
    {
        var found = await _reader.FindNamespaceAsync(index, name, cancellation);
        if (!found.TryGet(out var info, out _) || info.Model is not null)
            return found;
        return (await _models.FindAsync(new Lane(index, name), null, cancellation)).TryGet(out var kept, out var error) ? info with { Model = kept.Model } : error;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<NamespaceInfo>> CreateNamespaceAsync(string index, string name, CancellationToken cancellation) => _reader.CreateNamespaceAsync(index, name, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<Done>> DeleteNamespaceAsync(string index, string name, CancellationToken cancellation) => _writer.DeleteNamespaceAsync(new Lane(index, name), cancellation);

    /// <summary>What was queued and then refused by Pinecone for good, oldest first. It is kept until somebody removes it from the outbox's file.</summary>
    /// <param name="limit">How many at most, 1 to <see cref="MaxDeadLetters"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public ValueTask<Outcome<IReadOnlyList<DeadLetter>>> DeadLettersAsync(int limit, CancellationToken cancellation) =>
        _outbox.DeadAsync(Math.Clamp(limit, 1, MaxDeadLetters), cancellation);

    /// <summary>Gives what waits in the outbox a moment to go, then stops; the rest is sent after the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await _drainer.DisposeAsync();
        _client.Dispose();
        _owned?.Dispose();
        _outbox.Dispose();
    }
}
