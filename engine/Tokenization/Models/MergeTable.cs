namespace Orrery.Engine.Tokenization;

/// <summary>The merges of a BPE model: a pair of ids to the rank of their merge and the id it makes.</summary>
internal sealed class MergeTable
{
    private const ulong Free = ulong.MaxValue;

    private ulong[] _pairs;
    private long[] _merges; // rank in the upper half, merged id in the lower

    public MergeTable(int expected)
    {
        int size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(64, expected * 2));
        _pairs = new ulong[size];
        _merges = new long[size];
        _pairs.AsSpan().Fill(Free);
    }

    public int Count { get; private set; }

    /// <summary>Adds the next merge in rank; a pair that comes again takes the later rank, as the reference's map does.</summary>
    public void Add(int left, int right, int merged)
    {
        if ((Count + 1) * 2 > _pairs.Length) Grow();
        Insert(Pair(left, right), ((long)Count++ << 32) | (uint)merged);
    }

    /// <summary>The merge of two ids; false when they do not merge.</summary>
    public bool TryGet(int left, int right, out int rank, out int merged)
    {
        ulong pair = Pair(left, right);
        ulong[] pairs = _pairs;
        for (uint slot = Slot(pair); ; slot++)
        {
            uint at = slot & (uint)(pairs.Length - 1);
            if (pairs[at] == pair)
            {
                rank = (int)(_merges[at] >> 32);
                merged = (int)_merges[at];
                return true;
            }
            if (pairs[at] != Free) continue;
            rank = merged = -1;
            return false;
        }
    }

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private static uint Slot(ulong pair) => (uint)((pair * 0x9E3779B97F4A7C15) >> 32);

    private void Insert(ulong pair, long merge)
    {
        uint mask = (uint)(_pairs.Length - 1), slot = Slot(pair);
        while (_pairs[slot & mask] != Free && _pairs[slot & mask] != pair) slot++;
        _pairs[slot & mask] = pair;
        _merges[slot & mask] = merge;
    }

    private void Grow()
    {
        (ulong[] pairs, long[] merges) = (_pairs, _merges);
        _pairs = new ulong[pairs.Length * 2];
        _merges = new long[pairs.Length * 2];
        _pairs.AsSpan().Fill(Free);
        for (int i = 0; i < pairs.Length; i++)
            if (pairs[i] != Free) Insert(pairs[i], merges[i]);
    }
}
