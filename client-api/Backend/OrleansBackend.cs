using Orrery.ClientApi.Routing;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Backend;

/// <summary>The seam's implementation over a cluster: finds models in the last view, and has replicas answer.</summary>
internal sealed class OrleansBackend(ClusterWatcher watcher, Dispatcher dispatcher, LiveGrains grains, FrontOptions options, IVectorStore? vectors = null) : IInferenceBackend
{
    private readonly ClusterDetection _detection = new(watcher, dispatcher, options, vectors is not null);

    /// <inheritdoc/>
    public IReadOnlyList<ModelInfo> Models => watcher.Obstacle is null ? watcher.Table.Models : [];

    /// <inheritdoc/>
    public IReadOnlyList<DetectorInfo> Detectors => watcher.Obstacle is null ? watcher.Table.Detectors : [];

    /// <inheritdoc/>
    public IReadOnlyList<string> DefaultDetectors => options.DefaultDetectors;

    /// <inheritdoc/>
    public Outcome<ModelInfo> Find(string name, ModelTask? task = null) => task is { } one ? Find(name, [one]) : Find(name, []);

    /// <inheritdoc/>
    public async ValueTask<Outcome<TextOutput>> EmbedAsync(EmbedRequest request, CancellationToken cancellation)
    {
        var deadline = dispatcher.Begin(request.Timeout);
        // The whole request before it is split, so that a refusal tells the input's place in it. Replicas have their embeddings kept themselves.
        if (request.Upsert is { } target && RecordCheck.Check(vectors is not null, target, request.Inputs.Count, request.PerToken) is { } wrong)
            return wrong;
        var parts = await OverChunksAsync(request, deadline, (part, replica, left, token) => replica.Grain.EmbedAsync(EmbedCall.Of(request, part.Inputs, left, part.Operation), token), request.Upsert is not null, cancellation, ModelTask.Embedding);
        return parts.TryGet(out var rows, out var error) ? Rows.Join(rows) : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<TextOutput>> ScoreAsync(ScoreRequest request, CancellationToken cancellation)
    {
        var deadline = dispatcher.Begin(request.Timeout);
        var parts = await OverChunksAsync(
            request, deadline, (part, replica, left, token) => replica.Grain.ScoreAsync(ScoreCall.Of(request, part.Inputs, left), token), false, cancellation, ModelTask.Classifier, ModelTask.Reranker);
        return parts.TryGet(out var rows, out var error) ? Rows.Join(rows) : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<SparseOutput>> EmbedSparseAsync(SparseRequest request, CancellationToken cancellation)
    {
        var deadline = dispatcher.Begin(request.Timeout);
        var parts = await OverChunksAsync(
            request, deadline, (part, replica, left, token) => replica.Grain.EmbedSparseAsync(SparseCall.Of(request, part.Inputs, left), token), false, cancellation, ModelTask.Sparse);
        return parts.TryGet(out var rows, out var error) ? SparseRows.Join(rows) : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<EntityOutput>> FindEntitiesAsync(EntityRequest request, CancellationToken cancellation)
    {
        var deadline = dispatcher.Begin(request.Timeout);
        var parts = await OverChunksAsync(
            request, deadline, (part, replica, left, token) => replica.Grain.FindEntitiesAsync(EntityCall.Of(request, part.Inputs, left), token), false, cancellation, ModelTask.TokenClassifier);
        return parts.TryGet(out var found, out var error)
            ? new EntityOutput(found[0].It.Version, [.. found.SelectMany(part => part.It.Entities)], found.Sum(part => part.It.TotalTokens))
            : error;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<DetectOutput>> DetectAsync(DetectRequest request, CancellationToken cancellation) => _detection.DetectAsync(request, cancellation);

    /// <inheritdoc/>
    public async ValueTask<Outcome<CompareOutput>> CompareAsync(CompareRequest request, CancellationToken cancellation)
    {
        var deadline = dispatcher.Begin(request.Timeout);
        string model;
        string? digest = null;
        if (request.Detector is { } name)
        {
            if (watcher.Obstacle is { } obstacle)
                return obstacle;
            var found = await dispatcher.FindAsync(
                table => DetectorLookup.Find(table.Detectors, name), table => table.Come(detector => detector.Name == name), deadline, cancellation);
            if (!found.TryGet(out var detector, out var missing))
                return missing with { Field = "detector" };
            (model, digest) = (detector.Model, detector.ModelDigest);
        }
        else
        {
            if (!Find(request.Model, [ModelTask.Embedding]).TryGet(out var info, out var missing))
                return missing;
            model = info.Name;
        }

        // All pairs of a list need every embedding in one place; pairs that are given are not split either: they may repeat texts.
        var tokens = 0L;
        foreach (var input in request.Inputs)
            tokens += Splitting.Estimate(input);
        var outcome = await dispatcher.SendAsync(
            model, digest, (int)Math.Min(int.MaxValue, tokens), false, deadline, (replica, left, token) => replica.Grain.CompareAsync(CompareCall.Of(request, left), token), cancellation);
        return outcome.TryGet(out var output, out var error) ? output.It : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<TensorOutput>> InferAsync(TensorRequest request, CancellationToken cancellation)
    {
        var deadline = dispatcher.Begin(request.Timeout);
        if (!FindVersion(request.Model, request.Version, []).TryGet(out var found, out var error))
            return error;
        var bytes = 0L;
        foreach (var input in request.Inputs)
            bytes += input.Data.Length;
        // An id is eight bytes, mostly.
        var outcome = await dispatcher.SendAsync(
            found.Name, found.Digest, (int)Math.Min(int.MaxValue, bytes / 8), false, deadline,
            (replica, left, token) => replica.Grain.InferAsync(
                new InferCall { Inputs = Tensor.Of(request.Inputs), Outputs = [.. request.Outputs], Terms = new Terms { Priority = request.Priority, Timeout = left } }, token),
            cancellation);
        return outcome.TryGet(out var output, out error) ? new TensorOutput(output.Version, Tensor.ToNamed(output.Outputs)) : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<IReadOnlyList<TokenInfo[]>>> TokenizeAsync(string model, IReadOnlyList<string> texts, bool addSpecialTokens, CancellationToken cancellation)
    {
        if (!Find(model, ModelLookup.TextTasks).TryGet(out var info, out var error))
            return error;
        var outcome = await dispatcher.SendAsync(info.Name, null, 0, false, dispatcher.Begin(null), (replica, _, token) => replica.Grain.TokenizeAsync([.. texts], addSpecialTokens, token), cancellation);
        return outcome.TryGet(out var lists, out error) ? lists.It : error;
    }

    /// <inheritdoc/>
    public async ValueTask<Outcome<IReadOnlyList<string>>> DecodeAsync(string model, IReadOnlyList<int[]> ids, bool skipSpecialTokens, CancellationToken cancellation)
    {
        if (!Find(model, ModelLookup.TextTasks).TryGet(out var info, out var error))
            return error;
        var outcome = await dispatcher.SendAsync(info.Name, null, 0, false, dispatcher.Begin(null), (replica, _, token) => replica.Grain.DecodeAsync([.. ids], skipSpecialTokens, token), cancellation);
        return outcome.TryGet(out var texts, out error) ? texts.It : error;
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<ModelInfo>> LoadAsync(string model, CancellationToken cancellation) => ChangeAsync(registry => registry.LoadAsync(model), ModelState.Ready, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<ModelInfo>> UnloadAsync(string model, CancellationToken cancellation) => ChangeAsync(registry => registry.UnloadAsync(model), ModelState.Unloaded, cancellation);

    private async ValueTask<Outcome<ModelInfo>> ChangeAsync(Func<IRegistryGrain, Task<Answer<Value<ModelInfo>>>> change, ModelState state, CancellationToken cancellation)
    {
        if (watcher.Obstacle is { } obstacle)
            return obstacle;
        try
        {
            var answer = await change(grains.GetGrain<IRegistryGrain>(0)).WaitAsync(cancellation);
            if (answer.Value is not { } value)
                return answer.Error!;
            // Whoever changed something sees it changed in the next answer of this front.
            while (true)
            {
                var changed = watcher.Changed;
                if (watcher.Table.Names.TryGetValue(value.It.Name, out var seen) && seen.State == state && seen.Digest == value.It.Digest)
                    return seen;
                await changed.WaitAsync(TimeSpan.FromSeconds(5), cancellation);
            }
        }
        catch (Exception e) when (RemoteFault.Is(e, cancellation))
        {
            // It may have been done all the same; doing it twice is doing it once.
            return new InferenceError(InferenceErrorKind.Unavailable, $"the cluster does not say whether it was done: {e.Message}", null, TimeSpan.FromSeconds(1));
        }
    }

    private Outcome<ModelInfo> Find(string name, ReadOnlySpan<ModelTask> tasks)
    {
        if (watcher.Obstacle is { } obstacle)
            return obstacle;
        var table = watcher.Table;
        return ModelLookup.Find(table.Models, table.Names, options.DefaultModel, name, tasks);
    }

    /// <summary>A model, and the digest of the version asked for; without one, null.</summary>
    private Outcome<Found> FindVersion(string name, string? version, ReadOnlySpan<ModelTask> tasks)
    {
        if (!Find(name, tasks).TryGet(out var info, out var error))
            return error;
        if (version is null)
            return new Found(info.Name, null);
        if (version.Length > 0 && watcher.Table.Route(info.Name).Find(version) is { } digest)
            return new Found(info.Name, digest);
        return ModelLookup.CheckVersion(info.Name, info.Digest, version) is { } wrong ? wrong : new Found(info.Name, info.Digest);
    }

    private async ValueTask<Outcome<T[]>> OverChunksAsync<T>(
        TextRequest request, Deadline deadline, Func<Part, ReplicaRef, TimeSpan?, CancellationToken, ValueTask<Answer<T>>> call, bool writes, CancellationToken cancellation, params ModelTask[] tasks)
        where T : class
    {
        while (true)
        {
            if (!FindVersion(request.Model, request.Version, tasks).TryGet(out var found, out var error))
                return error;
            var table = watcher.Table;
            var router = table.Names.TryGetValue(found.Name, out var info) ? table.Route(found.Name).Version(found.Digest ?? info.Digest) : null;
            var chunks = Splitting.Of(request.Inputs, router?.Count ?? 1, options.Router);
            // Parts of one answer come from one version.
            var digest = chunks.Length == 1 ? found.Digest : found.Digest ?? info!.Digest;
            if ((await dispatcher.SendAllAsync(found.Name, digest, chunks, writes, deadline, call, cancellation)).TryGet(out var parts, out error))
                return parts;
            // A version that went meanwhile, and that nobody named: all of it again with the next.
            if (chunks.Length == 1 || error.Kind != InferenceErrorKind.ModelNotFound || found.Digest is not null)
                return error;
        }
    }

    /// <summary>A model of the table.</summary>
    /// <param name="Name">Its own name, not an alias.</param>
    /// <param name="Digest">The version asked for; null for the one that is served.</param>
    private sealed record Found(string Name, string? Digest);
}
