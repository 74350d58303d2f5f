namespace Orrery.Fleet.Tests.Simulation;

/// <summary>
/// The arrivals that the policies are judged on. Rates are in replicas' worth of work. The options' defaults were chosen on the traces of
/// <see cref="TuningSeed"/>; what is reported and asserted is measured on those of <see cref="HeldOutSeed"/>, which had no part in it.
/// The recorded ones exist once and were seen in both.
/// </summary>
public static class Traces
{
    public const int TuningSeed = 0;
    public const int HeldOutSeed = 1000;

    public static IReadOnlyList<ArrivalTrace> All(int seed = HeldOutSeed) =>
        [Steady(seed), Diurnal(seed), Ramp(seed), Burst(seed), OnOff(seed), FlashCrowd(seed), Jump(seed), Conversation(), Code()];

    public static ArrivalTrace Steady(int seed = HeldOutSeed) => ArrivalTrace.Synthetic("steady", 3600, _ => 8, seed + 1);

    /// <summary>A day: 3 at night, 27 at noon.</summary>
    public static ArrivalTrace Diurnal(int seed = HeldOutSeed) =>
        ArrivalTrace.Synthetic("diurnal", 86_400, t => 15 - 12 * Math.Cos(2 * Math.PI * t / 86_400), seed + 2);

    /// <summary>From 1 to 31 within 15 minutes, 15 minutes there, and back.</summary>
    public static ArrivalTrace Ramp(int seed = HeldOutSeed) => ArrivalTrace.Synthetic("ramp", 3600,
        t => 1 + 30 * Math.Clamp(Math.Min(t - 300, 3000 - t) / 900, 0, 1), seed + 3);

    /// <summary>Around 8, every 5 minutes on the average half as much again to three times as much for half a minute to two, within 5 seconds.</summary>
    public static ArrivalTrace Burst(int seed = HeldOutSeed) => Bursts("burst", seed + 4);

    /// <summary>10 for one to five minutes, then 1 for as long, at random.</summary>
    public static ArrivalTrace OnOff(int seed = HeldOutSeed)
    {
        var random = new Random(seed + 5);
        var ends = new List<double> { 0 };
        while (ends[^1] < 10_800)
            ends.Add(ends[^1] + 60 + 240 * random.NextDouble());
        return ArrivalTrace.Synthetic("on-off", 10_800, t => ends.FindLastIndex(end => end <= t) % 2 == 0 ? 10 : 1, seed + 5);
    }

    /// <summary>5, then 50 within a minute, ten minutes of that, and ten more to fall.</summary>
    public static ArrivalTrace FlashCrowd(int seed = HeldOutSeed) => ArrivalTrace.Synthetic("flash crowd", 7200,
        t => 5 + 45 * Math.Clamp(Math.Min((t - 1800) / 60, (3060 - t) / 600), 0, 1), seed + 6);

    /// <summary>5, then 50 from one moment to the next for ten minutes: nothing announces it.</summary>
    public static ArrivalTrace Jump(int seed = HeldOutSeed) => ArrivalTrace.Synthetic("jump", 7200, t => t is >= 1800 and < 2400 ? 50 : 5, seed + 7);

    /// <summary>Recorded, 5.5 requests a second of mostly 30 to 4,100 tokens each (at most 14,050); mean 6.4 replicas.</summary>
    public static ArrivalTrace Conversation() => ArrivalTrace.Recorded("recorded: conversation", "azure-llm-conversation-2023.csv", 1000);

    /// <summary>Recorded: silence and bursts; mean 5.3 replicas.</summary>
    public static ArrivalTrace Code() => ArrivalTrace.Recorded("recorded: code", "azure-llm-code-2023.csv", 1000);

    public static ArrivalTrace Bursts(string name, int seed, int seconds = 10_800, double scale = 1)
    {
        var random = new Random(seed);
        var bursts = new List<(double Start, double Length, double Extra)>();
        for (var t = 0.0; t < seconds;)
        {
            t += -300 * Math.Log(1 - random.NextDouble());
            bursts.Add((t, 30 + 90 * random.NextDouble(), 4 + 12 * random.NextDouble()));
        }
        return ArrivalTrace.Synthetic(name, seconds, t =>
        {
            var rate = 8.0;
            foreach (var (start, length, extra) in bursts)
                rate += extra * Math.Clamp(Math.Min(t - start, start + length - t) / 5, 0, 1);
            return rate * scale;
        }, seed);
    }
}
