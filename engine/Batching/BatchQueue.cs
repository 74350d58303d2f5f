namespace Orrery.Engine.Batching;

/// <summary>
/// What waits for one model, and how batches are formed of it. A pure state machine: the caller brings the clock and
/// the lock, so that the whole policy runs in simulation. Nothing here waits for a batch to fill: whoever asks gets what there is.
/// </summary>
internal sealed class BatchQueue(BatchPolicy policy, int maxLength)
{
    private readonly Lane _interactive = new(maxLength);
    private readonly Lane _bulk = new(maxLength);
    private int _sinceBulk;

    public int Count => _interactive.Count + _bulk.Count;

    public long Tokens => _interactive.Tokens + _bulk.Tokens;

    /// <summary>Tokens that would run before a new entry of this priority.</summary>
    public long TokensAhead(Priority priority) => priority == Priority.Interactive ? _interactive.Tokens : Tokens;

    public void Add(QueueEntry entry, long now)
    {
        entry.Enqueued = now;
        LaneOf(entry).Add(entry);
    }

    /// <summary>Takes out an entry that is queued: its caller has gone.</summary>
    public void Remove(QueueEntry entry) => LaneOf(entry).Remove(entry);

    /// <summary>Takes out every entry whose deadline has passed.</summary>
    /// <param name="now">The time, in the ticks of the entries.</param>
    /// <param name="expired">Receives them.</param>
    public void TakeExpired(long now, List<QueueEntry> expired)
    {
        foreach (var lane in (ReadOnlySpan<Lane>)[_interactive, _bulk])
        {
            for (var entry = lane.Oldest; entry is not null;)
            {
                var next = entry.Younger;
                if (entry.Deadline <= now)
                {
                    lane.Remove(entry);
                    expired.Add(entry);
                }

                entry = next;
            }
        }
    }

    /// <summary>Moves a queued bulk entry up: someone waits for the same text now.</summary>
    public void Promote(QueueEntry entry)
    {
        _bulk.Remove(entry);
        entry.Priority = Priority.Interactive;
        _interactive.Add(entry);
    }

    /// <summary>
    /// Forms the next batch: the oldest entry as anchor, then entries of the nearest lengths while padding, size and age allow.
    /// </summary>
    /// <param name="now">The time, in the ticks of the entries.</param>
    /// <param name="idleSessions">Sessions without work, the asking one included: they share what is there.</param>
    /// <param name="batch">Receives the entries; cleared first.</param>
    /// <param name="expired">Receives entries found past their deadline; cleared first. They are out of the queue.</param>
    /// <returns>Whether there is a batch to run.</returns>
    public bool TryTake(long now, int idleSessions, List<QueueEntry> batch, List<QueueEntry> expired)
    {
        batch.Clear();
        expired.Clear();
        if (Anchor(now, expired) is not { } anchor)
            return false;

        if (anchor.Exclusive)
        {
            LaneOf(anchor).Remove(anchor);
            batch.Add(anchor);
            return true;
        }

        var share = (Tokens + idleSessions - 1) / Math.Max(1, idleSessions);
        var budget = (int)Math.Min(policy.MaxTokens, Math.Max(policy.MinTokens, share));
        var forming = new Forming(batch, budget, policy);
        forming.TryAdd(anchor);
        LaneOf(anchor).Remove(anchor);

        // The anchor's own lane fills the batch first. The other takes what room is left, but bulk work only
        // when no interactive work waits: a longer run would delay it.
        var own = LaneOf(anchor);
        Gather(own, anchor.Length, anchor.Position + policy.Window, ref forming, now, expired);
        var other = own == _interactive ? _bulk : _interactive;
        if (other.Oldest is { } first && (other == _interactive || own.Count == 0))
            Gather(other, anchor.Length, first.Position + policy.Window, ref forming, now, expired);
        return true;
    }

    private Lane LaneOf(QueueEntry entry) => entry.Priority == Priority.Interactive ? _interactive : _bulk;

    private QueueEntry? Anchor(long now, List<QueueEntry> expired)
    {
        DropExpiredOldest(_interactive, now, expired);
        DropExpiredOldest(_bulk, now, expired);
        var interactive = _interactive.Oldest;
        var bulk = _bulk.Oldest;
        if (interactive is null || bulk is null)
            return interactive ?? bulk;
        if (++_sinceBulk < policy.BulkEvery)
            return interactive;
        _sinceBulk = 0;
        return bulk;
    }

    private static void DropExpiredOldest(Lane lane, long now, List<QueueEntry> expired)
    {
        while (lane.Oldest is { } oldest && oldest.Deadline <= now)
        {
            lane.Remove(oldest);
            expired.Add(oldest);
        }
    }

    private static void Gather(Lane lane, int anchor, long horizon, ref Forming forming, long now, List<QueueEntry> expired)
    {
        if (lane.Count == 0)
            return;
        // Past this distance a shorter entry would be padded by more than a whole batch of the anchor's length may hold.
        var reach = Math.Max(2, anchor / 4);
        for (var distance = 0; distance <= reach && lane.Count > 0 && !forming.Full; distance++)
        {
            GatherLength(lane, anchor - distance, horizon, ref forming, now, expired);
            if (distance > 0)
                GatherLength(lane, anchor + distance, horizon, ref forming, now, expired);
        }
    }

    private static void GatherLength(Lane lane, int length, long horizon, ref Forming forming, long now, List<QueueEntry> expired)
    {
        if (length < 1 || length > lane.MaxLength)
            return;
        for (var entry = lane.OldestOf(length); entry is not null;)
        {
            var next = entry.YoungerSameLength;
            if (entry.Deadline <= now)
            {
                lane.Remove(entry);
                expired.Add(entry);
            }
            else if (entry.Position > horizon || !forming.TryAdd(entry))
            {
                return;
            }
            else
            {
                lane.Remove(entry);
            }

            entry = next;
        }
    }

    /// <summary>The batch under construction: its size if one more entry joined.</summary>
    private struct Forming(List<QueueEntry> batch, int budget, BatchPolicy policy)
    {
        private long _tokens;
        private int _longest;

        public readonly bool Full => batch.Count >= policy.MaxItems || (long)_longest * (batch.Count + 1) > budget;

        public bool TryAdd(QueueEntry entry)
        {
            var longest = Math.Max(_longest, entry.Length);
            var tokens = _tokens + entry.Length;
            var padded = (long)longest * (batch.Count + 1);
            if (batch.Count > 0 && (batch.Count >= policy.MaxItems || padded > budget || padded - tokens > policy.MaxPadding * padded))
                return false;
            _longest = longest;
            _tokens = tokens;
            batch.Add(entry);
            return true;
        }
    }
}
