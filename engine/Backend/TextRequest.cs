namespace Orrery.Engine;

/// <summary>One text, a pair of texts, or a text already tokenized.</summary>
public readonly record struct TextInput
{
    private TextInput(string? text, string? pair, int[]? ids)
    {
        Text = text;
        Pair = pair;
        Ids = ids;
    }

    /// <summary>The text; null when <see cref="Ids"/> is given instead.</summary>
    public string? Text { get; }

    /// <summary>The second text of a pair; null otherwise.</summary>
    public string? Pair { get; }

    /// <summary>Token ids without special tokens, which the engine adds; null when <see cref="Text"/> is given.</summary>
    public int[]? Ids { get; }

    /// <summary>A single text.</summary>
    public static TextInput Of(string text) => new(text, null, null);

    /// <summary>A pair of texts, as cross-encoders take.</summary>
    public static TextInput OfPair(string text, string pair) => new(text, pair, null);

    /// <summary>Token ids without special tokens.</summary>
    public static TextInput OfIds(int[] ids) => new(null, null, ids);
}

/// <summary>What happens to a text longer than the model's maximum.</summary>
public enum Truncation
{
    /// <summary>The request is refused with <see cref="InferenceErrorKind.TooLarge"/>.</summary>
    Refuse,

    /// <summary>The end is cut, or where the model's files say so (truncation_side) the beginning.</summary>
    Right,

    /// <summary>The beginning is cut.</summary>
    Left,
}

/// <summary>Who is waiting.</summary>
public enum Priority
{
    /// <summary>Someone is waiting for the answer.</summary>
    Interactive,

    /// <summary>A job: goes behind interactive work, and is not starved by it.</summary>
    Bulk,
}

/// <summary>What every request over texts has.</summary>
public abstract record TextRequest
{
    /// <summary>The model's name or alias; empty asks for the default model of the task.</summary>
    public required string Model { get; init; }

    /// <summary>A version (digest or its prefix); null for the current one.</summary>
    public string? Version { get; init; }

    /// <summary>The texts, answered in this order. At least one.</summary>
    public required IReadOnlyList<TextInput> Inputs { get; init; }

    /// <summary>What to do with texts that are too long.</summary>
    public Truncation Truncation { get; init; } = Truncation.Refuse;

    /// <summary>Who is waiting.</summary>
    public Priority Priority { get; init; } = Priority.Interactive;

    /// <summary>How long the caller waits, from now; null for the server's limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>Asks for embeddings: one vector a text, or one a token.</summary>
public sealed record EmbedRequest : TextRequest
{
    /// <summary>Whether vectors are scaled to unit length; null for what the model's files say.</summary>
    public bool? Normalize { get; init; }

    /// <summary>Keep only the first components (Matryoshka), before normalization; null for all. 1 to the model's dimensions.</summary>
    public int? Dimensions { get; init; }

    /// <summary>One vector a token, unpooled and unnormalized, instead of one a text.</summary>
    public bool PerToken { get; init; }

    /// <summary>How token vectors become one; null for what the model's files say.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>The output of a hidden layer to pool instead of the last one, by the name the graph gives it; null for the last.</summary>
    public string? Layer { get; init; }

    /// <summary>The name of a prompt from the model's files that is put before every text; null for the model's default.</summary>
    public string? PromptName { get; init; }

    /// <summary>A prompt in the request's own words, put before every text instead of the model's; null for <see cref="PromptName"/>, with which it is not given.</summary>
    public string? Prompt { get; init; }

    /// <summary>Where the vectors are kept before the answer is given; null to keep none. Not with <see cref="PerToken"/>.</summary>
    public UpsertTarget? Upsert { get; init; }
}

/// <summary>Where the embeddings of a request go beside its answer.</summary>
public sealed record UpsertTarget
{
    /// <summary>The index; null for the store's own default.</summary>
    public string? Index { get; init; }

    /// <summary>The namespace; empty for the default one.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>An id for each of the request's inputs, each once.</summary>
    public required IReadOnlyList<string> Ids { get; init; }

    /// <summary>Each record's metadata, a flat JSON object as UTF-8, empty for none; or an empty list for none at all.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Metadata { get; init; } = [];

    /// <summary>See <see cref="Vectors.UpsertRequest.Operation"/>.</summary>
    public Guid? Operation { get; init; }
}

/// <summary>Asks a sequence classifier or cross-encoder for its raw scores (logits), one row a text or pair.</summary>
public sealed record ScoreRequest : TextRequest
{
    /// <summary>Of a pair that is too long only the first text is cut, whatever the tokenizer's file says: the second is what is asked about the first.</summary>
    public bool CutFirstOnly { get; init; }
}
