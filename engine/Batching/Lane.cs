namespace Orrery.Engine.Batching;

/// <summary>
/// The entries of one priority, by age and by length. Adding, removing and finding the oldest of a length take constant time.
/// Entries longer than the last bucket share it: such lengths are rare, and padding is checked entry by entry anyway.
/// </summary>
internal sealed class Lane(int maxLength)
{
    private readonly QueueEntry?[] _oldestOf = new QueueEntry?[maxLength + 1];
    private readonly QueueEntry?[] _youngestOf = new QueueEntry?[maxLength + 1];
    private QueueEntry? _youngest;
    private long _added;

    public QueueEntry? Oldest { get; private set; }

    /// <summary>Tokens of all entries, unpadded.</summary>
    public long Tokens { get; private set; }

    public int Count { get; private set; }

    /// <summary>The largest bucket.</summary>
    public int MaxLength => maxLength;

    /// <summary>The oldest entry of a length; null when none waits.</summary>
    public QueueEntry? OldestOf(int length) => _oldestOf[length];

    public void Add(QueueEntry entry)
    {
        entry.Queued = true;
        entry.Position = _added;
        _added += entry.Length;
        entry.Older = _youngest;
        entry.Younger = null;
        if (_youngest is null)
            Oldest = entry;
        else
            _youngest.Younger = entry;
        _youngest = entry;

        if (!entry.Exclusive)
        {
            var bucket = Bucket(entry);
            var last = _youngestOf[bucket];
            entry.OlderSameLength = last;
            entry.YoungerSameLength = null;
            if (last is null)
                _oldestOf[bucket] = entry;
            else
                last.YoungerSameLength = entry;
            _youngestOf[bucket] = entry;
        }

        Tokens += entry.Length;
        Count++;
    }

    public void Remove(QueueEntry entry)
    {
        if (entry.Older is null)
            Oldest = entry.Younger;
        else
            entry.Older.Younger = entry.Younger;
        if (entry.Younger is null)
            _youngest = entry.Older;
        else
            entry.Younger.Older = entry.Older;

        if (!entry.Exclusive)
        {
            var bucket = Bucket(entry);
            if (entry.OlderSameLength is null)
                _oldestOf[bucket] = entry.YoungerSameLength;
            else
                entry.OlderSameLength.YoungerSameLength = entry.YoungerSameLength;
            if (entry.YoungerSameLength is null)
                _youngestOf[bucket] = entry.OlderSameLength;
            else
                entry.YoungerSameLength.OlderSameLength = entry.OlderSameLength;
        }

        entry.Older = entry.Younger = entry.OlderSameLength = entry.YoungerSameLength = null;
        entry.Queued = false;
        Tokens -= entry.Length;
        Count--;
    }

    private int Bucket(QueueEntry entry) => Math.Min(entry.Length, maxLength);
}
