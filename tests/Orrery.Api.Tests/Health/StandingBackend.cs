using Orrery.Engine;

namespace Orrery.Api.Tests.Health;

/// <summary>Has one model that answers, and detectors that stand as they are told to: a cluster's do so while silos come and go.</summary>
internal sealed class StandingBackend : IInferenceBackend
{
    private static readonly InferenceError _nothing = new(InferenceErrorKind.Failed, "nothing is asked here");

    public IReadOnlyList<ModelInfo> Models { get; } = [new() { Name = "one", State = ModelState.Ready, Digest = new string('0', 64) }];

    public IReadOnlyList<DetectorInfo> Detectors { get; set; } = [];

    public IReadOnlyList<string> DefaultDetectors { get; init; } = [];

    public Outcome<ModelInfo> Find(string name, ModelTask? task = null) => _nothing;

    public ValueTask<Outcome<TextOutput>> EmbedAsync(EmbedRequest request, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<TextOutput>> ScoreAsync(ScoreRequest request, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<SparseOutput>> EmbedSparseAsync(SparseRequest request, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<EntityOutput>> FindEntitiesAsync(EntityRequest request, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<DetectOutput>> DetectAsync(DetectRequest request, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<CompareOutput>> CompareAsync(CompareRequest request, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<TensorOutput>> InferAsync(TensorRequest request, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<IReadOnlyList<TokenInfo[]>>> TokenizeAsync(string model, IReadOnlyList<string> texts, bool addSpecialTokens, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<IReadOnlyList<string>>> DecodeAsync(string model, IReadOnlyList<int[]> ids, bool skipSpecialTokens, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<ModelInfo>> LoadAsync(string model, CancellationToken cancellation) => new(_nothing);

    public ValueTask<Outcome<ModelInfo>> UnloadAsync(string model, CancellationToken cancellation) => new(_nothing);
}
