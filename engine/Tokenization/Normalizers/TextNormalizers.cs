namespace Orrery.Engine.Tokenization;

/// <summary>Puts other text where a pattern matches.</summary>
internal sealed class Replace(TextPattern pattern, string content) : Normalizer
{
    public override void Apply(NormalizationSpace space)
    {
        TextBuffer source = space.Current, destination = space.Begin();
        int from = 0;
        using TextPattern.Enumerator matches = pattern.Find(source.Span);
        while (matches.MoveNext())
        {
            destination.AppendFrom(source, from, matches.Start - from);
            from = matches.End;
            // The reference gives all of the new text the origin of the last character that it replaces.
            foreach (char c in content) destination.Append(c, source.StartOf(from - 1), source.EndOf(from - 1));
        }
        if (from == 0) return;
        destination.AppendFrom(source, from, source.Length - from);
        space.Commit();
    }
}

/// <summary>Puts text before text that is not empty.</summary>
internal sealed class Prepend(string content) : Normalizer
{
    public override void Apply(NormalizationSpace space)
    {
        TextBuffer source = space.Current;
        if (source.Length == 0) return;
        TextBuffer destination = space.Begin();
        CodePoints.At(source.Span, 0, out int length);
        foreach (char c in content) destination.Append(c, source.StartOf(0), source.EndOf(length - 1));
        destination.AppendFrom(source, 0, source.Length);
        space.Commit();
    }
}

/// <summary>Takes white space off the ends.</summary>
internal sealed class Strip(bool left, bool right) : Normalizer
{
    public override void Apply(NormalizationSpace space)
    {
        ReadOnlySpan<char> text = space.Current.Span;
        int start = left ? text.Length - text.TrimStart().Length : 0;
        int length = (right ? text[start..].TrimEnd() : text[start..]).Length;
        if (length == text.Length) return;
        space.Begin().AppendFrom(space.Current, start, length);
        space.Commit();
    }
}

/// <summary>Writes UTF-8 bytes as printable characters before anything is cut.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override void Apply(NormalizationSpace space)
    {
        ByteLevel.Write(space.Current, 0, space.Current.Length, space.Begin());
        space.Commit();
    }
}
