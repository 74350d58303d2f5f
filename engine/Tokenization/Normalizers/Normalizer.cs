namespace Orrery.Engine.Tokenization;

/// <summary>Rewrites text before it is cut. Instances are immutable; working space is the caller's.</summary>
internal abstract class Normalizer
{
    /// <summary>Reads <see cref="NormalizationSpace.Current"/> and leaves the result there.</summary>
    public abstract void Apply(NormalizationSpace space);

    /// <summary>Whether it makes text lower case.</summary>
    public virtual bool Lowercases => false;
}

/// <summary>Two text buffers to pass text between, and the code points of a normalization form under way.</summary>
internal sealed class NormalizationSpace
{
    public TextBuffer Current { get; private set; } = new();

    public TextBuffer Next { get; private set; } = new();

    public CodePointBuffer CodePoints { get; } = new();

    /// <summary>An empty <see cref="Next"/> that tracks origins as <see cref="Current"/> does.</summary>
    public TextBuffer Begin()
    {
        Next.Clear(Current.Tracks);
        return Next;
    }

    /// <summary>Makes what was written current.</summary>
    public void Commit() => (Current, Next) = (Next, Current);
}

/// <summary>Applies normalizers one after another.</summary>
internal sealed class SequenceNormalizer(Normalizer[] normalizers) : Normalizer
{
    public override bool Lowercases => Array.Exists(normalizers, normalizer => normalizer.Lowercases);

    public override void Apply(NormalizationSpace space)
    {
        foreach (Normalizer normalizer in normalizers) normalizer.Apply(space);
    }
}
