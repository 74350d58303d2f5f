namespace Orrery.Engine.Tokenization;

/// <summary>
/// Tokens of words seen before, for all threads: a fixed table of small sets; a word's hash chooses its set, in which the newest word takes
/// the oldest's place. Entries are immutable and replaced whole, so neither reading nor writing takes a lock: two threads that write one
/// set at once may lose an entry, which is only found again later.
/// </summary>
internal sealed class WordCache
{
    // 16,384 words of at most 64 units: some megabytes at most.
    private const int Ways = 4;
    private const int Sets = 1 << 12;
    private const int MaxWordLength = 64;

    private sealed record Entry(uint Hash, string Word, int[] Tokens);

    private readonly Entry?[] _entries = new Entry?[Sets * Ways];

    /// <summary>Gives (id, start, end) triples of a word.</summary>
    public bool TryGet(ReadOnlySpan<char> word, out ReadOnlySpan<int> tokens)
    {
        tokens = default;
        if (word.Length > MaxWordLength) return false;
        uint hash = Vocabulary.Hash(word);
        int first = FirstOf(hash);
        for (int i = first; i < first + Ways; i++)
        {
            Entry? entry = Volatile.Read(ref _entries[i]);
            if (entry is null) return false;
            if (entry.Hash != hash || !word.SequenceEqual(entry.Word)) continue;
            tokens = entry.Tokens;
            return true;
        }
        return false;
    }

    public void Set(ReadOnlySpan<char> word, ReadOnlySpan<int> tokens)
    {
        if (word.Length > MaxWordLength) return;
        uint hash = Vocabulary.Hash(word);
        int first = FirstOf(hash);
        for (int i = first + Ways - 1; i > first; i--) Volatile.Write(ref _entries[i], Volatile.Read(ref _entries[i - 1]));
        Volatile.Write(ref _entries[first], new Entry(hash, word.ToString(), tokens.ToArray()));
    }

    private static int FirstOf(uint hash) => (int)(hash & (Sets - 1)) * Ways;
}
