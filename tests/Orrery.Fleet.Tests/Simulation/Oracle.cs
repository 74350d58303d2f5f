namespace Orrery.Fleet.Tests.Simulation;

/// <summary>
/// Replicas of one who knows the future: no request waits longer than the limit, and few replica-seconds, warm-up included. The smoothest
/// service between "everything by its deadline" and "nothing before it arrives" (the taut string through that corridor) gives the rate at every
/// moment; rounded up it gives the replicas; a replica that would be back within a warm-up stays; then every stay of a replica that
/// turns out not to be needed, because others have room, is taken out.
/// </summary>
public static class Oracle
{
    /// <summary>Ready replicas by step.</summary>
    public static int[] Ready(ArrivalTrace trace, double warmUp, double limit)
    {
        var rates = TautString(trace, (int)Math.Round(limit / ArrivalTrace.Step));
        var levels = Array.ConvertAll(rates, rate => (int)Math.Ceiling(rate - 1e-9));
        var gap = (int)Math.Round(warmUp / ArrivalTrace.Step);
        for (var level = 1; level <= rates.Length && Array.Exists(levels, n => n >= level); level++)
            Bridge(levels, level, gap);
        Shave(trace, levels, limit);
        return levels;
    }

    /// <summary>Replicas that exist by step, when each is ordered <paramref name="lead"/> seconds before it is needed.</summary>
    public static int[] Existing(int[] ready, double lead)
    {
        var steps = (int)Math.Round(lead / ArrivalTrace.Step);
        var existing = new int[ready.Length];
        // The largest number needed within the lead: what is ordered for later exists already.
        var deque = new LinkedList<int>();
        for (var k = ready.Length - 1; k >= 0; k--)
        {
            while (deque.Last is { } last && ready[last.Value] <= ready[k])
                deque.RemoveLast();
            deque.AddLast(k);
            while (deque.First!.Value > k + steps)
                deque.RemoveFirst();
            existing[k] = ready[deque.First!.Value];
        }
        return existing;
    }

    /// <summary>
    /// Share of requests that are late when every replica of the plan is ordered only in the moment it is needed, and a backlog is gone as soon as
    /// the plan's number is there. A comparison, not a bound: who holds spare replicas, or
    /// does not follow the plan's every rise by one, can be better.
    /// </summary>
    public static double LateWithoutForesight(ArrivalTrace trace, int[] ready, double lead, double limit)
    {
        var (warmUp, delay) = ((int)Math.Round(lead / ArrivalTrace.Step), (int)Math.Round(limit / ArrivalTrace.Step));
        var (late, head, room) = (0.0, 0, 0.0);
        var work = (double[])trace.Work.Clone();
        for (var k = 0; k < ready.Length; k++)
        {
            var least = int.MaxValue;
            for (var j = Math.Max(0, k - warmUp); j <= k; j++)
                least = Math.Min(least, ready[j]);
            room = least >= ready[k] ? double.PositiveInfinity : least * ArrivalTrace.Step;
            for (; head <= k; head++)
            {
                var share = work[head] <= room ? 1 : room / work[head];
                // What is served at once when the plan is reached again waited as long as it waited.
                if (k - head > delay)
                    late += trace.Requests[head] * share * (work[head] / Math.Max(1e-12, trace.Work[head]));
                room -= work[head] * share;
                work[head] *= 1 - share;
                if (share < 1)
                    break;
            }
        }
        return late / Math.Max(1, trace.Requests.Sum());
    }

    private static double[] TautString(ArrivalTrace trace, int delay)
    {
        var count = trace.Work.Length;
        var arrived = new double[count + 1];
        for (var k = 0; k < count; k++)
            arrived[k + 1] = arrived[k] + trace.Work[k];
        double Least(int k) => k == count ? arrived[count] : arrived[Math.Max(0, k - delay)];

        var rates = new double[count];
        var (start, served) = (0, 0.0);
        while (start < count)
        {
            var (high, low) = (double.PositiveInfinity, double.NegativeInfinity);
            var (highAt, lowAt, end, rate) = (start + 1, start + 1, count, double.NaN);
            for (var k = start + 1; k <= count && double.IsNaN(rate); k++)
            {
                var (upper, lower) = ((arrived[k] - served) / (k - start), (Least(k) - served) / (k - start));
                if (lower > high)
                    (rate, end) = (high, highAt);
                else if (upper < low)
                    (rate, end) = (low, lowAt);
                else
                {
                    if (upper <= high)
                        (high, highAt) = (upper, k);
                    if (lower >= low)
                        (low, lowAt) = (lower, k);
                }
            }
            if (double.IsNaN(rate))
                rate = (arrived[count] - served) / (count - start);
            for (var k = start; k < end; k++)
                rates[k] = rate / ArrivalTrace.Step;
            served += rate * (end - start);
            start = end;
        }
        return rates;
    }

    private static void Bridge(int[] levels, int level, int gap)
    {
        var last = -1;
        for (var k = 0; k < levels.Length; k++)
        {
            if (levels[k] < level)
                continue;
            if (last >= 0 && k - last - 1 <= gap)
                for (var j = last + 1; j < k; j++)
                    levels[j] = Math.Max(levels[j], level);
            last = k;
        }
    }

    /// <summary>Takes out stays, and cuts both ends of those that remain, as long as no request is late for it.</summary>
    private static void Shave(ArrivalTrace trace, int[] levels, double limit)
    {
        var delay = (int)Math.Round(limit / ArrivalTrace.Step);
        var backlog = Backlog(trace, levels);
        for (var level = levels.Max(); level >= 1; level--)
            for (var start = 0; start < levels.Length;)
            {
                while (start < levels.Length && levels[start] < level)
                    start++;
                var end = start;
                while (end < levels.Length && levels[end] >= level)
                    end++;
                if (start < levels.Length)
                {
                    if (!TryCut(trace, levels, backlog, start, end, delay))
                        for (var (size, tries) = (Math.Max(1, (end - start) / 2), 0); size >= 1 && tries < 40; tries++)
                        {
                            var cut = end - size > start && IsTop(levels, level, end - size, end) && TryCut(trace, levels, backlog, end - size, end, delay);
                            if (cut)
                                end -= size;
                            var front = start + size < end && IsTop(levels, level, start, start + size) && TryCut(trace, levels, backlog, start, start + size, delay);
                            if (front)
                                start += size;
                            if (!cut && !front)
                                size /= 2;
                        }
                }
                start = Math.Max(end, start + 1);
            }
    }

    private static bool IsTop(int[] levels, int level, int start, int end) => Array.FindIndex(levels, start, end - start, n => n != level) < 0;

    private static double[] Backlog(ArrivalTrace trace, int[] levels)
    {
        var backlog = new double[levels.Length + 1];
        for (var k = 0; k < levels.Length; k++)
            backlog[k + 1] = Math.Max(0, backlog[k] + trace.Work[k] - levels[k] * ArrivalTrace.Step);
        return backlog;
    }

    /// <summary>One replica fewer from start to end, if everything that waits after a step arrived within the last <paramref name="delay"/> steps.</summary>
    private static bool TryCut(ArrivalTrace trace, int[] levels, double[] backlog, int start, int end, int delay)
    {
        var changed = new List<double>();
        var waiting = backlog[start];
        for (var k = start; k < levels.Length; k++)
        {
            var replicas = k < end ? levels[k] - 1 : levels[k];
            waiting = Math.Max(0, waiting + trace.Work[k] - replicas * ArrivalTrace.Step);
            var young = 0.0;
            for (var j = k; j > k - delay && j >= 0; j--)
                young += trace.Work[j];
            if (waiting > young + 1e-9 || (k == levels.Length - 1 && waiting > 1e-9))
                return false;
            if (k >= end && waiting <= backlog[k + 1] + 1e-12)
                break;
            changed.Add(waiting);
        }
        for (var k = start; k < end; k++)
            levels[k]--;
        for (var i = 0; i < changed.Count; i++)
            backlog[start + 1 + i] = changed[i];
        return true;
    }
}
