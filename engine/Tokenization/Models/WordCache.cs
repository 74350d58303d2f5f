namespace Orrery.Engine.Tokenization;

/// <summary>
/// Tokens of words seen before, for all threads: a fixed table in which a word's place is its hash, and a newer word takes an older one's place.
/// Entries are immutable and replaced whole, so neither reading nor writing takes a lock.
/// </summary>
internal sealed class WordCache
{
    // 16,384 words of at most 64 units: some megabytes at most.
    private const int Slots = 1 << 14;
    private const int MaxWordLength = 64;

    private sealed record Entry(string Word, int[] Tokens);

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>Gives (id, start, end) triples of a word.</summary>
    public bool TryGet(ReadOnlySpan<char> word, out ReadOnlySpan<int> tokens)
    {
        if (word.Length <= MaxWordLength && Volatile.Read(ref _entries[Vocabulary.Hash(word) & (Slots - 1)]) is { } entry && word.SequenceEqual(entry.Word))
        {
            tokens = entry.Tokens;
            return true;
        }
        tokens = default;
        return false;
    }

    public void Set(ReadOnlySpan<char> word, ReadOnlySpan<int> tokens)
    {
        if (word.Length > MaxWordLength) return;
        Volatile.Write(ref _entries[Vocabulary.Hash(word) & (Slots - 1)], new Entry(word.ToString(), tokens.ToArray()));
    }
}
