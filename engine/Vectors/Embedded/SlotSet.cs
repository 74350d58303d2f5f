using System.Numerics;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A set of slots, a bit each.</summary>
internal sealed class SlotSet(ulong[] words)
{
    private ulong[] _words = words;

    public SlotSet()
        : this([])
    {
    }

    /// <summary>The slots of a table that hold vectors.</summary>
    public static SlotSet Live(CodeTable? table)
    {
        if (table is null)
            return new();
        var chunks = table.Chunks;
        var words = new ulong[chunks.Length * (table.ChunkVectors / 64)];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i].Live.CopyTo(words, i * (table.ChunkVectors / 64));
        return new(words);
    }

    public long Count
    {
        get
        {
            var count = 0L;
            foreach (var word in _words)
                count += BitOperations.PopCount(word);
            return count;
        }
    }

    public void Add(int slot)
    {
        if (slot / 64 >= _words.Length)
            Array.Resize(ref _words, Math.Max((slot / 64) + 1, _words.Length * 2));
        _words[slot / 64] |= 1UL << (slot % 64);
    }

    public void IntersectWith(SlotSet other)
    {
        for (var i = 0; i < _words.Length; i++)
            _words[i] &= other.Word(i);
    }

    public void UnionWith(SlotSet other)
    {
        if (other._words.Length > _words.Length)
            Array.Resize(ref _words, other._words.Length);
        for (var i = 0; i < other._words.Length; i++)
            _words[i] |= other._words[i];
    }

    public void ExceptWith(SlotSet other)
    {
        for (var i = 0; i < _words.Length; i++)
            _words[i] &= ~other.Word(i);
    }

    public bool Has(int slot) => (Word(slot / 64) & (1UL << (slot % 64))) != 0;

    /// <summary>64 slots as bits; none beyond the end.</summary>
    public ulong Word(int index) => index < _words.Length ? _words[index] : 0;

    /// <summary>The first slot from one on; -1 when there is none.</summary>
    public int Next(int slot)
    {
        for (var i = slot / 64; i < _words.Length; i++)
        {
            var word = _words[i];
            if (i == slot / 64)
                word &= ulong.MaxValue << (slot % 64);
            if (word != 0)
                return (i * 64) + BitOperations.TrailingZeroCount(word);
        }

        return -1;
    }
}
