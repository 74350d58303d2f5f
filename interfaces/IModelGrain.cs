using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces;

/// <summary>What a supervisor tells a replica to be.</summary>
/// <param name="Model">The version, as a silo found it.</param>
/// <param name="Apart">Whether a process of its own is to load it first.</param>
[GenerateSerializer, Immutable, Alias("orrery.start-replica")]
public sealed record StartReplica([property: Id(0)] FoundModel Model, [property: Id(1)] bool Apart = false);

/// <summary>How a replica does.</summary>
[GenerateSerializer, Immutable, Alias("orrery.replica-report")]
public sealed record ReplicaReport
{
    /// <summary>Where it runs.</summary>
    [Id(0)]
    public required SiloAddress Silo { get; init; }

    /// <summary>What is loaded; its state tells whether it answers.</summary>
    [Id(1)]
    public required ModelInfo Info { get; init; }

    /// <summary>Other names that the model's files give it.</summary>
    [Id(2)]
    public string[] Aliases { get; init; } = [];

    /// <summary>The detectors that are ready over it.</summary>
    [Id(3)]
    public DetectorInfo[] Detectors { get; init; } = [];

    /// <summary>How busy it is.</summary>
    [Id(4)]
    public LoadReport Load { get; init; }

    /// <summary>Bytes it takes, measured when it was loaded.</summary>
    [Id(6)]
    public long Memory { get; init; }

    /// <summary>How long loading and warming took.</summary>
    [Id(7)]
    public TimeSpan WarmUp { get; init; }
}

/// <summary>
/// One replica of a model version, on a silo of its pool; the key is a <see cref="ReplicaKey"/>. It interleaves: the engine batches over
/// all calls. One that was never started, because its silo was lost and a call brought it to life elsewhere, answers
/// <see cref="Answer{T}.Gone"/>.
/// </summary>
[Alias("orrery.model-grain")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Loads the version on this silo and answers once it has proved itself. A second call answers the same.</summary>
    [ResponseTimeout("00:30:00"), Alias("Start")]
    Task<Answer<ReplicaReport>> StartAsync(StartReplica start);

    /// <summary>Asks how it does, and whether a run of its graph still succeeds.</summary>
    [Alias("Probe")]
    Task<Answer<ReplicaReport>> ProbeAsync();

    /// <summary>Answers what is queued, then frees the session.</summary>
    [ResponseTimeout("00:30:00"), Alias("Stop")]
    Task StopAsync();

    /// <summary>Embeds texts. All or nothing.</summary>
    [Alias("Embed")]
    ValueTask<Answer<Rows>> EmbedAsync(EmbedCall request, CancellationToken cancellation);

    /// <summary>Scores texts or pairs.</summary>
    [Alias("Score")]
    ValueTask<Answer<Rows>> ScoreAsync(ScoreCall request, CancellationToken cancellation);

    /// <summary>Gives texts' weights over the model's vocabulary.</summary>
    [Alias("EmbedSparse")]
    ValueTask<Answer<SparseRows>> EmbedSparseAsync(SparseCall request, CancellationToken cancellation);

    /// <summary>Finds entities in texts.</summary>
    [Alias("FindEntities")]
    ValueTask<Answer<Value<EntityOutput>>> FindEntitiesAsync(EntityCall request, CancellationToken cancellation);

    /// <summary>Compares texts.</summary>
    [Alias("Compare")]
    ValueTask<Answer<Value<CompareOutput>>> CompareAsync(CompareCall request, CancellationToken cancellation);

    /// <summary>Runs the graph.</summary>
    [Alias("Infer")]
    ValueTask<Answer<Tensors>> InferAsync(InferCall request, CancellationToken cancellation);

    /// <summary>Tokenizes texts, without truncation.</summary>
    [Alias("Tokenize")]
    ValueTask<Answer<Value<TokenInfo[][]>>> TokenizeAsync(string[] texts, bool addSpecialTokens, CancellationToken cancellation);

    /// <summary>Turns ids back into texts.</summary>
    [Alias("Decode")]
    ValueTask<Answer<Value<string[]>>> DecodeAsync(int[][] ids, bool skipSpecialTokens, CancellationToken cancellation);
}
