using System.Text;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>
/// Which slots may hold an id: a hash table of 32 bits of the id's hash and the slot, 8 bytes an entry. Who finds a slot compares the id that is kept there.
/// One thread writes, any read without a lock.
/// </summary>
/// <remarks>SQLite's index over ids that come at random took ten times as long as everything else of an upsert; this one is made anew at open.</remarks>
internal sealed class IdTable
{
    private const ulong Removed = uint.MaxValue;

    private ulong[] _entries = new ulong[16];
    private int _used;
    private int _live;

    /// <summary>The hash of an id. It differs from process to process, so that nobody can choose ids that collide.</summary>
    /// <param name="utf8">The id, at most <see cref="RecordCheck.MaxIdBytes"/> long.</param>
    public static uint Hash(ReadOnlySpan<byte> utf8)
    {
        Span<char> text = stackalloc char[utf8.Length];
        return (uint)string.GetHashCode(text[..Encoding.UTF8.GetChars(utf8, text)]);
    }

    public void Add(uint hash, int slot)
    {
        if ((_used + 1) * 4L > _entries.Length * 3L)
            Rebuild();
        Insert(_entries, hash, slot);
        _used++;
        _live++;
    }

    public void Remove(uint hash, int slot)
    {
        var entries = _entries;
        var wanted = Entry(hash, slot);
        for (var at = hash; ; at++)
        {
            ref var entry = ref entries[at & (uint)(entries.Length - 1)];
            if (entry == 0)
                return;
            if (entry == wanted)
            {
                Volatile.Write(ref entry, Removed);
                _live--;
                return;
            }
        }
    }

    /// <summary>The slots whose ids have a hash.</summary>
    public Slots Find(uint hash) => new(Volatile.Read(ref _entries), hash);

    // Slots count from 0 and an empty entry is 0, so one is added.
    private static ulong Entry(uint hash, int slot) => ((ulong)hash << 32) | ((uint)slot + 1);

    private static void Insert(ulong[] entries, uint hash, int slot)
    {
        for (var at = hash; ; at++)
        {
            ref var entry = ref entries[at & (uint)(entries.Length - 1)];
            if (entry == 0)
            {
                Volatile.Write(ref entry, Entry(hash, slot));
                return;
            }
        }
    }

    private void Rebuild()
    {
        var entries = new ulong[_live * 2L >= _entries.Length ? _entries.Length * 2L : _entries.Length];
        foreach (var entry in _entries)
        {
            if (entry is not (0 or Removed))
                Insert(entries, (uint)(entry >> 32), (int)(uint)entry - 1);
        }

        _used = _live;
        Volatile.Write(ref _entries, entries);
    }

    /// <summary>Goes through slots.</summary>
    public ref struct Slots(ulong[] entries, uint hash)
    {
        private uint _steps;

        public int Current { get; private set; }

        public readonly Slots GetEnumerator() => this;

        public bool MoveNext()
        {
            while (true)
            {
                var entry = Volatile.Read(ref entries[(hash + _steps++) & (uint)(entries.Length - 1)]);
                if (entry == 0)
                    return false;
                if (entry >> 32 == hash && entry != Removed)
                {
                    Current = (int)(uint)entry - 1;
                    return true;
                }
            }
        }
    }
}
