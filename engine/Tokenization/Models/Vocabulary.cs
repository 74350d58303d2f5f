using System.Runtime.InteropServices;

namespace Orrery.Engine.Tokenization;

/// <summary>Tokens and their ids: one character arena and one open-addressing table, looked up by span without a string.</summary>
internal sealed class Vocabulary
{
    private struct Entry
    {
        public int Start, Length, Id;
        public uint Hash;
    }

    private char[] _arena;
    private Entry[] _entries;
    private int[] _slots; // entry index + 1; 0 is free
    private int[] _entryOfId = [];
    private int _arenaLength, _count;

    public Vocabulary(int expectedTokens)
    {
        _arena = new char[Math.Max(256, expectedTokens * 8)];
        _entries = new Entry[Math.Max(16, expectedTokens)];
        _slots = new int[RoundUp(_entries.Length * 2)];
    }

    /// <summary>Highest id + 1.</summary>
    public int Size { get; private set; }

    /// <summary>The same token again takes the later id.</summary>
    public void Add(ReadOnlySpan<char> token, int id)
    {
        uint hash = Hash(token);
        int entry = Find(token, hash);
        if (entry >= 0) _entries[entry].Id = id;
        else
        {
            if (_count == _entries.Length) Grow();
            if (_arenaLength + token.Length > _arena.Length) Array.Resize(ref _arena, Math.Max(_arena.Length * 2, _arenaLength + token.Length));
            token.CopyTo(_arena.AsSpan(_arenaLength));
            _entries[entry = _count++] = new Entry { Start = _arenaLength, Length = token.Length, Id = id, Hash = hash };
            _arenaLength += token.Length;
            Insert(entry);
        }
        if (id >= _entryOfId.Length)
        {
            int old = _entryOfId.Length;
            Array.Resize(ref _entryOfId, Math.Max(id + 1, Math.Max(_entries.Length, old * 2)));
            _entryOfId.AsSpan(old).Fill(-1);
        }
        _entryOfId[id] = entry;
        Size = Math.Max(Size, id + 1);
    }

    /// <summary>The token's id, or -1.</summary>
    public int IdOf(ReadOnlySpan<char> token)
    {
        int entry = Find(token, Hash(token));
        return entry < 0 ? -1 : _entries[entry].Id;
    }

    public bool Contains(int id) => (uint)id < (uint)Size && _entryOfId[id] >= 0;

    /// <summary>The token's characters; empty when no token has the id.</summary>
    public ReadOnlySpan<char> TokenOf(int id)
    {
        if (!Contains(id)) return default;
        ref readonly Entry entry = ref _entries[_entryOfId[id]];
        return _arena.AsSpan(entry.Start, entry.Length);
    }

    private int Find(ReadOnlySpan<char> token, uint hash)
    {
        int[] slots = _slots;
        for (uint slot = hash; ; slot++)
        {
            int entry = slots[slot & (uint)(slots.Length - 1)] - 1;
            if (entry < 0) return -1;
            ref readonly Entry candidate = ref _entries[entry];
            if (candidate.Hash == hash && token.SequenceEqual(_arena.AsSpan(candidate.Start, candidate.Length))) return entry;
        }
    }

    private void Insert(int entry)
    {
        uint slot = _entries[entry].Hash;
        while (_slots[slot & (uint)(_slots.Length - 1)] != 0) slot++;
        _slots[slot & (uint)(_slots.Length - 1)] = entry + 1;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, _count * 2);
        _slots = new int[RoundUp(_entries.Length * 2)];
        for (int i = 0; i < _count; i++) Insert(i);
    }

    private static int RoundUp(int size) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)size);

    /// <summary>Mixes four characters at a time; a table of known tokens needs no defence against chosen keys.</summary>
    internal static uint Hash(ReadOnlySpan<char> token)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)token.Length * Multiplier;
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(token);
        for (; bytes.Length >= 8; bytes = bytes[8..]) hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
        ulong tail = 0;
        if (bytes.Length >= 4)
        {
            tail = MemoryMarshal.Read<uint>(bytes);
            bytes = bytes[4..];
        }
        if (bytes.Length >= 2) tail |= (ulong)MemoryMarshal.Read<ushort>(bytes) << 32;
        return (uint)Mix(hash ^ tail);

        static ulong Mix(ulong value)
        {
            value *= Multiplier;
            return value ^ (value >> 32);
        }
    }
}
