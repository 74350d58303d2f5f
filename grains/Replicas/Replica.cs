using Microsoft.Extensions.Logging;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Replicas;

/// <summary>One loaded version of a model on this silo, with the detectors over it. Any thread may ask it.</summary>
public sealed class Replica : IAsyncDisposable
{
    private readonly LocalBackend _backend;
    private readonly TimeProvider _time;
    private long _probedTokens;
    private int _stopping;

    private Replica(ReplicaKey key, LocalBackend backend, ModelInfo info, long memory, TimeSpan warmUp, TimeProvider time)
    {
        Key = key;
        Info = info;
        Memory = memory;
        WarmUp = warmUp;
        _backend = backend;
        _time = time;
    }

    /// <summary>Its name in the cluster.</summary>
    public ReplicaKey Key { get; }

    /// <summary>What is loaded.</summary>
    public ModelInfo Info { get; }

    /// <summary>Bytes it takes: what the process grew by while it was loaded, at least its files' size.</summary>
    public long Memory { get; }

    /// <summary>How long loading and warming took.</summary>
    public TimeSpan WarmUp { get; }

    /// <summary>Whether it is asked nothing new.</summary>
    public bool Stopping => Volatile.Read(ref _stopping) != 0;

    /// <summary>What answers.</summary>
    public IInferenceBackend Backend => _backend;

    /// <summary>How busy it is.</summary>
    public LoadReport Load
    {
        get
        {
            var load = _backend.LoadOf(Info.Name);
            return new LoadReport(load.Tokens, (float)load.TokensPerSecond);
        }
    }

    /// <summary>Loads a version and proves it.</summary>
    /// <param name="key">The replica's name.</param>
    /// <param name="directory">Where the version lies on this machine.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="detectors">The detectors whose heads were trained on this version.</param>
    /// <param name="vectors">Where embeddings are kept for requests that want it; null refuses those.</param>
    /// <param name="loggers">Where to report to.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<Outcome<Replica>> LoadAsync(
        ReplicaKey key, string directory, EngineOptions options, IReadOnlyList<NamedDirectory> detectors, IVectorStore? vectors, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var before = Environment.WorkingSet;
        options = options.Only(new NamedDirectory(key.Model, directory), detectors);
        var backend = await LocalBackend.CreateAsync(options, vectors, loggers, time, cancellation);
        try
        {
            if (!(await backend.LoadAsync(key.Model, cancellation)).TryGet(out var info, out var error))
            {
                await backend.DisposeAsync();
                return error;
            }

            if (info.Digest != key.Digest)
            {
                await backend.DisposeAsync();
                return new InferenceError(InferenceErrorKind.ModelNotReady, $"the files of model '{key.Model}' are version {info.Digest}, not {key.Digest}", "model");
            }

            var memory = Math.Max(info.FileBytes, Environment.WorkingSet - before);
            return new Replica(key, backend, info, memory, time.GetElapsedTime(start), time);
        }
        catch
        {
            await backend.DisposeAsync();
            throw;
        }
    }

    /// <summary>How it does, in a line.</summary>
    /// <param name="silo">Where it is.</param>
    public ReplicaView View(SiloAddress silo)
    {
        var load = _backend.LoadOf(Info.Name);
        return new ReplicaView(
            Key.ToString(), silo, Stopping ? ReplicaPhase.Draining : ReplicaPhase.Ready, Key.Digest, new LoadReport(load.Tokens, (float)load.TokensPerSecond),
            Math.Max(0, load.AnsweredTokens - Interlocked.Read(ref _probedTokens)), Memory);
    }

    /// <summary>How it does.</summary>
    /// <param name="silo">Where it is.</param>
    public ReplicaReport Report(SiloAddress silo) => new()
    {
        Silo = silo,
        Info = Info,
        Aliases = [.. Info.Aliases],
        Detectors = [.. _backend.Detectors.Where(detector => detector.State == ModelState.Ready)],
        Load = Load,
        Memory = Memory,
        WarmUp = WarmUp,
    };

    /// <summary>Runs the graph once more, as a request would.</summary>
    /// <returns>Null when it answered, or was too busy to; else what failed.</returns>
    public async Task<InferenceError?> ProbeAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        // A text of its own each time: an equal one in flight would answer in its place.
        var text = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"probe {_time.GetTimestamp()}");
        InferenceError? error;
        switch (Info.Task)
        {
            case ModelTask.Embedding:
                var embedded = await _backend.EmbedAsync(new EmbedRequest { Model = Info.Name, Inputs = [TextInput.Of(text)], Truncation = Truncation.Right, Timeout = timeout }, cancellation);
                Probed(embedded.Value);
                error = embedded.Error;
                break;
            case ModelTask.Classifier or ModelTask.Reranker:
                var input = Info.Task == ModelTask.Reranker ? TextInput.OfPair(text, text) : TextInput.Of(text);
                var scored = await _backend.ScoreAsync(new ScoreRequest { Model = Info.Name, Inputs = [input], Truncation = Truncation.Right, Timeout = timeout }, cancellation);
                Probed(scored.Value);
                error = scored.Error;
                break;
            case ModelTask.Sparse:
                error = (await _backend.EmbedSparseAsync(new SparseRequest { Model = Info.Name, Inputs = [TextInput.Of(text)], Truncation = Truncation.Right, Timeout = timeout }, cancellation))
                    .TryGet(out var sparse, out var unweighted) ? null : unweighted;
                Probed(sparse?.TotalTokens ?? 0);
                break;
            case ModelTask.TokenClassifier:
                error = (await _backend.FindEntitiesAsync(new EntityRequest { Model = Info.Name, Inputs = [TextInput.Of(text)], Truncation = Truncation.Right, Timeout = timeout }, cancellation))
                    .TryGet(out var entities, out var unlabelled) ? null : unlabelled;
                Probed(entities?.TotalTokens ?? 0);
                break;
            default:
                // Tensors that fit any graph cannot be made up; its own requests tell.
                error = null;
                break;
        }

        return error is { Kind: InferenceErrorKind.Overloaded } ? null : error;
    }

    private void Probed(TextOutput? output)
    {
        Probed(output?.TotalTokens ?? 0);
        output?.Dispose();
    }

    private void Probed(long tokens) => Interlocked.Add(ref _probedTokens, tokens);

    /// <summary>Takes nothing new: callers go to another replica.</summary>
    public void Refuse() => Volatile.Write(ref _stopping, 1);

    /// <summary>Answers what is queued, then frees the session.</summary>
    public ValueTask DisposeAsync()
    {
        Refuse();
        return _backend.DisposeAsync();
    }
}
