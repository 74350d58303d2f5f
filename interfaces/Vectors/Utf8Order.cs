namespace Orrery.Interfaces.Vectors;

/// <summary>The order of ids: as their UTF-8 bytes compare.</summary>
internal static class Utf8Order
{
    /// <summary>
    /// Compares two texts. UTF-16 orders them otherwise only where a surrogate, half of a character above all others, meets one of the
    /// characters U+E000 to U+FFFF.
    /// </summary>
    public static int Compare(string a, string b)
    {
        var same = a.AsSpan().CommonPrefixLength(b);
        if (same == a.Length || same == b.Length)
            return a.Length.CompareTo(b.Length);
        if (char.IsSurrogate(a[same]) == char.IsSurrogate(b[same]))
            return a[same].CompareTo(b[same]);
        return char.IsSurrogate(a[same]) ? 1 : -1;
    }
}
