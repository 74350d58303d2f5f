namespace Orrery.Engine;

/// <summary>
/// The seam: all that the API knows of inference. <c>LocalBackend</c> answers in this process; a cluster answers through grains.
/// Expected refusals come back as <see cref="InferenceError"/>; a cancelled token throws <see cref="OperationCanceledException"/>.
/// Text Embeddings Inference's similarity and reranking are arithmetic over <see cref="EmbedAsync"/> and <see cref="ScoreAsync"/>, so they do not cross the seam.
/// </summary>
public interface IInferenceBackend
{
    /// <summary>Every model known now, by name: an immutable snapshot that costs nothing to read.</summary>
    IReadOnlyList<ModelInfo> Models { get; }

    /// <summary>Finds a model by name or alias.</summary>
    /// <param name="name">The name; empty for the first ready model that does <paramref name="task"/>.</param>
    /// <param name="task">The task wanted when no name is given; null for any.</param>
    /// <returns>The model, ready or not, or <see cref="InferenceErrorKind.ModelNotFound"/>.</returns>
    Outcome<ModelInfo> Find(string name, ModelTask? task = null);

    /// <summary>Embeds texts. All or nothing.</summary>
    ValueTask<Outcome<TextOutput>> EmbedAsync(EmbedRequest request, CancellationToken cancellation);

    /// <summary>Scores texts or pairs with a classifier or cross-encoder: raw logits.</summary>
    ValueTask<Outcome<TextOutput>> ScoreAsync(ScoreRequest request, CancellationToken cancellation);

    /// <summary>Gives texts' weights over a sparse model's vocabulary. All or nothing.</summary>
    ValueTask<Outcome<SparseOutput>> EmbedSparseAsync(SparseRequest request, CancellationToken cancellation);

    /// <summary>Finds entities in texts with a token classifier. All or nothing.</summary>
    ValueTask<Outcome<EntityOutput>> FindEntitiesAsync(EntityRequest request, CancellationToken cancellation);

    /// <summary>Every detector known now, by name, with its state.</summary>
    IReadOnlyList<DetectorInfo> Detectors { get; }

    /// <summary>Names of the detectors that answer requests which name none; empty for every ready one that judges single texts.</summary>
    IReadOnlyList<string> DefaultDetectors { get; }

    /// <summary>Asks detectors about texts. All or nothing.</summary>
    ValueTask<Outcome<DetectOutput>> DetectAsync(DetectRequest request, CancellationToken cancellation);

    /// <summary>Compares pairs of texts, or all pairs within a list. All or nothing.</summary>
    ValueTask<Outcome<CompareOutput>> CompareAsync(CompareRequest request, CancellationToken cancellation);

    /// <summary>Runs a graph on raw tensors.</summary>
    ValueTask<Outcome<TensorOutput>> InferAsync(TensorRequest request, CancellationToken cancellation);

    /// <summary>Tokenizes texts with a model's tokenizer, without truncation.</summary>
    ValueTask<Outcome<IReadOnlyList<TokenInfo[]>>> TokenizeAsync(string model, IReadOnlyList<string> texts, bool addSpecialTokens, CancellationToken cancellation);

    /// <summary>Turns token ids back into texts. An id outside the vocabulary is <see cref="InferenceErrorKind.Invalid"/>.</summary>
    ValueTask<Outcome<IReadOnlyList<string>>> DecodeAsync(string model, IReadOnlyList<int[]> ids, bool skipSpecialTokens, CancellationToken cancellation);

    /// <summary>Loads a known model, or loads it anew beside the old one and swaps when it has answered its warm-up.</summary>
    ValueTask<Outcome<ModelInfo>> LoadAsync(string model, CancellationToken cancellation);

    /// <summary>Unloads a model once what it is computing is answered.</summary>
    ValueTask<Outcome<ModelInfo>> UnloadAsync(string model, CancellationToken cancellation);
}
