namespace Orrery.Engine.Tokenization;

/// <summary>A word under way in byte-pair encoding: a linked list of symbols over arrays, and a heap of the merges that could be made. O(n log n).</summary>
internal sealed class BpeWord
{
    private struct Symbol
    {
        public int Id, Start, End, Previous, Next;
    }

    private Symbol[] _symbols = new Symbol[64];
    private ulong[] _heap = new ulong[64]; // rank in the upper half, position in the lower
    private int _count, _heapCount;

    /// <summary>Symbols added.</summary>
    public int Count => _count;

    public void Clear() => _count = 0;

    public void Add(int id, int start, int end)
    {
        if (_count == _symbols.Length) Array.Resize(ref _symbols, _count * 2);
        _symbols[_count] = new Symbol { Id = id, Start = start, End = end, Previous = _count - 1, Next = _count + 1 };
        _count++;
    }

    /// <summary>Makes every merge, lowest rank first, then leftmost.</summary>
    public void Merge(MergeTable merges)
    {
        if (_count == 0) return;
        _symbols[_count - 1].Next = -1;
        _heapCount = 0;
        for (int i = 0; i + 1 < _count; i++) Consider(i, merges);
        while (_heapCount > 0)
        {
            ulong top = Pop();
            ref Symbol left = ref _symbols[(int)(uint)top];
            if (left.Id < 0 || left.Next < 0) continue;
            ref Symbol right = ref _symbols[left.Next];
            if (!merges.TryGet(left.Id, right.Id, out int rank, out int merged) || rank != (int)(top >> 32)) continue; // out of date
            left.Id = merged;
            left.End = right.End;
            left.Next = right.Next;
            right.Id = -1;
            if (right.Next >= 0) _symbols[right.Next].Previous = (int)(uint)top;
            if (left.Previous >= 0) Consider(left.Previous, merges);
            Consider((int)(uint)top, merges);
        }
    }

    /// <summary>Reads the symbols from the first: pass 0, then what <paramref name="next"/> gave until it is -1.</summary>
    public void Read(int at, out int id, out int start, out int end, out int next) =>
        (id, start, end, next) = (_symbols[at].Id, _symbols[at].Start, _symbols[at].End, _symbols[at].Next);

    private void Consider(int position, MergeTable merges)
    {
        int next = _symbols[position].Next;
        if (next < 0 || !merges.TryGet(_symbols[position].Id, _symbols[next].Id, out int rank, out _)) return;
        Push(((ulong)(uint)rank << 32) | (uint)position);
    }

    private void Push(ulong item)
    {
        if (_heapCount == _heap.Length) Array.Resize(ref _heap, _heapCount * 2);
        int at = _heapCount++;
        while (at > 0 && _heap[(at - 1) / 2] > item)
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        _heap[at] = item;
    }

    private ulong Pop()
    {
        ulong top = _heap[0], last = _heap[--_heapCount];
        int at = 0;
        for (int child = 1; child < _heapCount; child = (at * 2) + 1)
        {
            if (child + 1 < _heapCount && _heap[child + 1] < _heap[child]) child++;
            if (_heap[child] >= last) break;
            _heap[at] = _heap[child];
            at = child;
        }
        _heap[at] = last;
        return top;
    }
}
