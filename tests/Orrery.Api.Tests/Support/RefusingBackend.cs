using Orrery.Engine;

namespace Orrery.Api.Tests.Support;

/// <summary>Answers as another does, except that inference and loading end as told: for errors that a real model cannot be made to give.</summary>
internal sealed class RefusingBackend(IInferenceBackend inner, Func<CancellationToken, ValueTask<InferenceError>> end) : IInferenceBackend
{
    public RefusingBackend(IInferenceBackend inner, InferenceError error)
        : this(inner, _ => ValueTask.FromResult(error))
    {
    }

    public IReadOnlyList<ModelInfo> Models => inner.Models;

    public Outcome<ModelInfo> Find(string name, ModelTask? task = null) => inner.Find(name, task);

    public async ValueTask<Outcome<TextOutput>> EmbedAsync(EmbedRequest request, CancellationToken cancellation) => await end(cancellation);

    public async ValueTask<Outcome<TextOutput>> ScoreAsync(ScoreRequest request, CancellationToken cancellation) => await end(cancellation);

    public async ValueTask<Outcome<SparseOutput>> EmbedSparseAsync(SparseRequest request, CancellationToken cancellation) => await end(cancellation);

    public async ValueTask<Outcome<EntityOutput>> FindEntitiesAsync(EntityRequest request, CancellationToken cancellation) => await end(cancellation);

    public IReadOnlyList<DetectorInfo> Detectors => inner.Detectors;

    public IReadOnlyList<string> DefaultDetectors => inner.DefaultDetectors;

    public async ValueTask<Outcome<DetectOutput>> DetectAsync(DetectRequest request, CancellationToken cancellation) => await end(cancellation);

    public async ValueTask<Outcome<CompareOutput>> CompareAsync(CompareRequest request, CancellationToken cancellation) => await end(cancellation);

    public async ValueTask<Outcome<TensorOutput>> InferAsync(TensorRequest request, CancellationToken cancellation) => await end(cancellation);

    public async ValueTask<Outcome<IReadOnlyList<TokenInfo[]>>> TokenizeAsync(string model, IReadOnlyList<string> texts, bool addSpecialTokens, CancellationToken cancellation) =>
        await end(cancellation);

    public async ValueTask<Outcome<IReadOnlyList<string>>> DecodeAsync(string model, IReadOnlyList<int[]> ids, bool skipSpecialTokens, CancellationToken cancellation) =>
        await end(cancellation);

    public async ValueTask<Outcome<ModelInfo>> LoadAsync(string model, CancellationToken cancellation) => await end(cancellation);

    public async ValueTask<Outcome<ModelInfo>> UnloadAsync(string model, CancellationToken cancellation) => await end(cancellation);
}
