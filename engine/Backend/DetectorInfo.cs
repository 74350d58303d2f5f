using System.Collections.Immutable;

namespace Orrery.Engine;

/// <summary>What a detector looks at and says.</summary>
public enum DetectorKind
{
    /// <summary>A text's class.</summary>
    Classifier,

    /// <summary>Whether a text lies outside what the head was trained on.</summary>
    Outlier,

    /// <summary>Whether two texts belong together, by the cosine of their embeddings or a cross-encoder's score.</summary>
    Pair,
}

/// <summary>A detector as the server knows it: an embedding model, a head and a threshold under one name. Immutable.</summary>
public sealed record DetectorInfo
{
    /// <summary>The name requests use.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 over the detector's files, lower-case hex; empty when they could not be read.</summary>
    public string Digest { get; init; } = "";

    /// <summary>Ready when its model is loaded at the very version the head was trained on.</summary>
    public required ModelState State { get; init; }

    /// <summary>Why it is not ready; null when it is.</summary>
    public string? Reason { get; init; }

    /// <summary>What it looks at.</summary>
    public DetectorKind Kind { get; init; }

    /// <summary>The model it reads embeddings (or a cross-encoder's scores) of: its name here once that is loaded, before that the name it was trained under.</summary>
    public string Model { get; init; } = "";

    /// <summary>The digest of the model version that the head was trained on.</summary>
    public string ModelDigest { get; init; } = "";

    /// <summary>The classes, in the order of the head's probabilities.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>The class that the threshold is about; null when each is judged alike.</summary>
    public string? Positive { get; init; }

    /// <summary>With <see cref="Positive"/>: the probability from which that class is the answer. Without: the probability that the best class must reach to be one. 0 to 1.</summary>
    public float Threshold { get; init; }

    /// <summary>When it was trained, as its manifest says; null when it does not.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The directory it was read from.</summary>
    public string Path { get; init; } = "";

    /// <summary>This detector while its version of the model is not loaded, with the reason.</summary>
    /// <param name="model">What goes by the name of its model; null when nothing does.</param>
    public DetectorInfo Unready(ModelInfo? model)
    {
        var (state, reason) = model switch
        {
            null => (ModelState.Failed, $"its model '{Model}' is not here"),
            { State: ModelState.Ready } when model.FormerDigest == ModelDigest => (ModelState.Failed,
                $"its head was trained on version {ModelDigest} of model '{Model}', whose files are the same, but are read otherwise since ({string.Join("; ", model.ReadingChanges)}), "
                + $"so that it answers otherwise, as version {model.Digest}: train the head again"),
            { State: ModelState.Ready } => (ModelState.Failed,
                $"its head was trained on version {ModelDigest} of model '{Model}', but version {model.Digest} is loaded: load that version, or train the head again"),
            { State: ModelState.Loading } => (ModelState.Loading, $"its model '{Model}' is being loaded"),
            _ => (model.State, $"its model '{Model}' is not loaded: {model.Reason}"),
        };
        return this with { State = state, Reason = reason };
    }

    /// <summary>Makes a decision of one row of probabilities.</summary>
    /// <param name="probabilities">One a label, in their order.</param>
    /// <param name="threshold">Instead of <see cref="Threshold"/>; null for that.</param>
    public Verdict Decide(ReadOnlySpan<float> probabilities, float? threshold = null)
    {
        var needed = threshold ?? Threshold;
        if (Positive is null)
        {
            var best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(probabilities);
            return new Verdict(probabilities[best] >= needed ? best : -1, probabilities[best]);
        }

        var positive = Labels.IndexOf(Positive);
        if (probabilities[positive] >= needed)
            return new Verdict(positive, probabilities[positive]);
        // The best of the others: with two classes, the other one.
        var other = -1;
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (i != positive && (other < 0 || probabilities[i] > probabilities[other]))
                other = i;
        }

        return new Verdict(other, probabilities[other]);
    }
}

/// <summary>What a detector says of one input.</summary>
/// <param name="Label">The class, as an index into the detector's labels; -1 when none reached the threshold.</param>
/// <param name="Probability">That class's; with no class, the best one's.</param>
public readonly record struct Verdict(int Label, float Probability);
