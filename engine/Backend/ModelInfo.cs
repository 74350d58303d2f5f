using System.Collections.Immutable;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine;

/// <summary>What a model is for.</summary>
public enum ModelTask
{
    /// <summary>Texts to vectors.</summary>
    Embedding,

    /// <summary>Texts (or pairs) to scores over labels.</summary>
    Classifier,

    /// <summary>Pairs to one score: a cross-encoder.</summary>
    Reranker,

    /// <summary>Raw tensors only: no tokenizer beside the graph.</summary>
    Tensor,

    /// <summary>Texts to a label a token: names of people, places …</summary>
    TokenClassifier,

    /// <summary>Texts to weights over the vocabulary, most of them 0 (SPLADE).</summary>
    Sparse,
}

/// <summary>What makes scores of a classifier's logits.</summary>
public enum ScoreFunction
{
    /// <summary>Probabilities over the labels, of which one is right: softmax. Of a single label: its sigmoid.</summary>
    Softmax,

    /// <summary>A probability for each label by itself: sigmoid.</summary>
    Sigmoid,

    /// <summary>The values themselves: a regression.</summary>
    Identity,
}

/// <summary>How token vectors become one.</summary>
public enum Pooling
{
    /// <summary>The mean over the tokens the mask admits.</summary>
    Mean,

    /// <summary>The first token's.</summary>
    Cls,

    /// <summary>The maximum of each component.</summary>
    Max,

    /// <summary>The last token's that the mask admits.</summary>
    LastToken,

    /// <summary>The graph pools by itself: its output is one row a text.</summary>
    None,

    /// <summary>The sum over the tokens, divided by the square root of how many there are.</summary>
    MeanSqrtLength,

    /// <summary>The mean over the tokens, each weighted with its place, from 1 on: the later, the more.</summary>
    WeightedMean,

    /// <summary>Several of these, one after another in one vector, as the model's files say. Not to be asked for.</summary>
    Several,
}

/// <summary>Where a model is in its life.</summary>
public enum ModelState
{
    /// <summary>Being read and warmed.</summary>
    Loading,

    /// <summary>Answers requests.</summary>
    Ready,

    /// <summary>Refused at load; the reason says why.</summary>
    Failed,

    /// <summary>Known, not loaded.</summary>
    Unloaded,
}

/// <summary>A model version as the server knows it. Immutable; replaced whole when anything changes.</summary>
public sealed record ModelInfo
{
    /// <summary>The name requests use.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 over the model's files, lower-case hex; empty until read.</summary>
    public string Digest { get; init; } = "";

    /// <summary>What earlier releases called the same files, which they read otherwise; empty when nothing has changed. What was made with it does not fit.</summary>
    public string FormerDigest { get; init; } = "";

    /// <summary>What of its files is read otherwise than by earlier releases, as file and key; empty where nothing is.</summary>
    public ImmutableArray<string> ReadingChanges { get; init; } = [];

    /// <summary>Where it is in its life.</summary>
    public required ModelState State { get; init; }

    /// <summary>Why it is not ready; null when it is.</summary>
    public string? Reason { get; init; }

    /// <summary>What it is for.</summary>
    public ModelTask Task { get; init; }

    /// <summary>How token vectors become one; meaningful for embeddings.</summary>
    public Pooling Pooling { get; init; }

    /// <summary>Whether embeddings are scaled to unit length unless a request says otherwise.</summary>
    public bool Normalize { get; init; }

    /// <summary>Floats of an embedding, labels of a classifier, or entries of a sparse model's vocabulary; 0 for tensor models.</summary>
    public int Dimensions { get; init; }

    /// <summary>Tokens a text may have, special tokens included; 0 for tensor models.</summary>
    public int MaxLength { get; init; }

    /// <summary>Other names it answers to.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Labels by index, for classifiers of texts or tokens.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>What makes scores of the logits, for classifiers.</summary>
    public ScoreFunction ScoreFunction { get; init; }

    /// <summary>Prompts by name, as the model's files give them.</summary>
    public ImmutableDictionary<string, string> Prompts { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The graph's inputs.</summary>
    public ImmutableArray<OrtTensorInfo> Inputs { get; init; } = [];

    /// <summary>The graph's outputs.</summary>
    public ImmutableArray<OrtTensorInfo> Outputs { get; init; } = [];

    /// <summary>The classes behind the columns of a tensor model's outputs, by the output's name, where its graph tells them.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> OutputLabels { get; init; } = ImmutableDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>The device that runs it: cpu, cuda:0 …; empty until loaded.</summary>
    public string Device { get; init; } = "";

    /// <summary>Element type of the weights as far as the file names or the graph tell: float32, float16, int8.</summary>
    public string DataType { get; init; } = "float32";

    /// <summary>Concurrent runs and threads each.</summary>
    public int Sessions { get; init; }

    /// <summary>Threads within one run.</summary>
    public int ThreadsPerSession { get; init; }

    /// <summary>Padded tokens a batch may have.</summary>
    public int MaxBatchTokens { get; init; }

    /// <summary>Bytes of the model's files.</summary>
    public long FileBytes { get; init; }

    /// <summary>When the files were last written, UTC.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Of models that do the same, the one with the most answers requests that name none; 0 unless the command line named it.</summary>
    public int Preference { get; init; }

    /// <summary>The directory it was read from.</summary>
    public string Path { get; init; } = "";
}

/// <summary>How busy a loaded model is.</summary>
/// <param name="Tokens">Tokens that wait or are being computed, padding included.</param>
/// <param name="TokensPerSecond">How fast all its sessions together work when all are busy, as measured lately.</param>
/// <param name="AnsweredTokens">Tokens computed since it was loaded, padding included.</param>
public readonly record struct ModelLoad(long Tokens, double TokensPerSecond, long AnsweredTokens);

/// <summary>One token of a text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Text">The piece as the vocabulary spells it, or the text it covers for special tokens none.</param>
/// <param name="Special">Whether it was added around the text.</param>
/// <param name="Start">First character it covers, in Unicode code points; null for special tokens.</param>
/// <param name="Stop">One past the last; null for special tokens.</param>
public readonly record struct TokenInfo(int Id, string Text, bool Special, int? Start, int? Stop);
