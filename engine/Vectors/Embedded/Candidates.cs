namespace Orrery.Engine.Vectors.Embedded;

/// <summary>A slot that may hold one of the nearest vectors, and at most how near it is.</summary>
internal readonly record struct Candidate(int Slot, float Upper);

/// <summary>
/// What a scan keeps: all slots whose upper bound reaches the k-th best lower bound of those seen. None of the others is among the k nearest.
/// </summary>
internal sealed class Candidates(int count)
{
    private const int Slack = 4096;

    private readonly PriorityQueue<byte, float> _lowers = new();
    private List<Candidate> _list = [];
    private int _limit = (4 * count) + Slack;

    /// <summary>At least so near is the k-th nearest; the least float32 while fewer were seen.</summary>
    public float Threshold { get; private set; } = float.NegativeInfinity;

    /// <summary>How many are sought.</summary>
    public int Count { get; } = count;

    public void Add(int slot, float lower, float upper)
    {
        _list.Add(new(slot, upper));
        AddLower(lower);
        if (_list.Count > _limit)
            Prune();
    }

    /// <summary>Joins what another scan of other slots kept.</summary>
    public void Join(Candidates other)
    {
        foreach (var (_, lower) in other._lowers.UnorderedItems)
            AddLower(lower);
        _list.AddRange(other._list);
    }

    /// <summary>The candidates, most promising first.</summary>
    public List<Candidate> Sorted()
    {
        Prune();
        _list.Sort((a, b) => b.Upper.CompareTo(a.Upper));
        return _list;
    }

    private void AddLower(float lower)
    {
        if (_lowers.Count < Count)
            _lowers.Enqueue(0, lower);
        else if (lower > Threshold)
            _lowers.EnqueueDequeue(0, lower);
        if (_lowers.Count == Count)
        {
            _lowers.TryPeek(out _, out var least);
            Threshold = least;
        }
    }

    private void Prune()
    {
        var threshold = Threshold;
        _list.RemoveAll(candidate => candidate.Upper < threshold);
        _limit = (2 * _list.Count) + Slack;
    }
}
