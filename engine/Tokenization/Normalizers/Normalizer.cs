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

    /// <summary>Bounds what normalizers may make of a text: a form of Unicode makes 18 units of one, a file of a stranger whatever it likes.</summary>
    /// <param name="length">UTF-16 units of the text.</param>
    public void Bound(int length) => Current.Limit = Next.Limit = (int)Math.Min(int.MaxValue, LeastBound + ((long)MostOfOne * length));

    private const int MostOfOne = 24;
    private const int LeastBound = 64 * 1024;

    /// <summary>An empty <see cref="Next"/> that tracks origins as <see cref="Current"/> does.</summary>
    public TextBuffer Begin()
    {
        Next.Clear(Current.Tracks);
        return Next;
    }

    /// <summary>Makes what was written current.</summary>
    /// <exception cref="TokenizationException">It is more than <see cref="Bound"/> allows.</exception>
    public void Commit()
    {
        if (Next.Length > Next.Limit) throw new TokenizationException($"the tokenizer's normalizers make more than {Next.Limit} characters of a text");
        (Current, Next) = (Next, Current);
    }
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
