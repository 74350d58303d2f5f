using System.Diagnostics;
using System.Globalization;

namespace Orrery.Containers.Tests.Hurt;

/// <summary>What clients saw from one moment on: while a silo was away, say, or after it came back.</summary>
internal sealed class Phase
{
    /// <summary>The share of the rate before that counts as whole again, held for as many seconds.</summary>
    private const double Whole = 0.8;
    private const int Seconds = 3;

    /// <param name="name">What was done.</param>
    /// <param name="answers">All of the load's.</param>
    /// <param name="before">Answers a second before anything was done.</param>
    /// <param name="from">When it was done.</param>
    /// <param name="to">When the next thing was.</param>
    public Phase(string name, IEnumerable<Answer> answers, double before, long from, long to)
    {
        Name = name;
        var touched = answers.Where(answer => answer.Ended >= from && answer.Began < to).ToList();
        Answers = touched.Count;
        Failures = [.. touched.Where(answer => answer.Status != 200)];
        Longest = touched.Count == 0 ? TimeSpan.Zero : touched.Max(answer => answer.Took);
        var successes = touched.Where(answer => answer.Status == 200 && answer.Ended < to).Select(answer => answer.Ended).Order().ToArray();
        Gap = successes.Prepend(from).Zip(successes.Append(to), Stopwatch.GetElapsedTime).Max();
        var rates = new int[Math.Max(1, (int)Stopwatch.GetElapsedTime(from, to).TotalSeconds)];
        foreach (var ended in successes)
        {
            if ((int)Stopwatch.GetElapsedTime(from, ended).TotalSeconds is var second && second < rates.Length)
                rates[second]++;
        }

        Share = rates.Average() / before;
        FullAfter = Enumerable.Range(0, Math.Max(0, rates.Length - Seconds + 1)).Where(second => rates.AsSpan(second, Seconds).ToArray().All(rate => rate >= Whole * before)).Cast<int?>().FirstOrDefault();
    }

    public string Name { get; }

    public int Answers { get; }

    public IReadOnlyList<Answer> Failures { get; }

    /// <summary>The longest that anybody waited.</summary>
    public TimeSpan Longest { get; }

    /// <summary>The longest time in which nobody got an answer.</summary>
    public TimeSpan Gap { get; }

    /// <summary>The mean rate, as a share of the one before.</summary>
    public double Share { get; }

    /// <summary>Seconds until the rate was whole again, and stayed so for three; null where it never was.</summary>
    public int? FullAfter { get; }

    public static readonly string[] Columns = ["what was done", "answers", "failures", "longest answer, s", "longest without an answer, s", "mean rate of that before", "full rate after, s"];

    public string[] Row() =>
    [
        Name,
        Answers.ToString(CultureInfo.InvariantCulture),
        Failures.Count == 0 ? "none" : string.Join(", ", Failures.CountBy(answer => answer.Status).OrderBy(pair => pair.Key).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} x {(pair.Key == 0 ? "broken" : pair.Key)}"))),
        Longest.TotalSeconds.ToString("f1", CultureInfo.InvariantCulture),
        Gap.TotalSeconds.ToString("f1", CultureInfo.InvariantCulture),
        Share.ToString("f2", CultureInfo.InvariantCulture),
        FullAfter?.ToString(CultureInfo.InvariantCulture) ?? "not in this time",
    ];

    /// <summary>What failures said, each once.</summary>
    public string Reasons() => string.Join("\n", Failures.GroupBy(answer => (answer.Status, answer.Reason)).Take(10)
        .Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Count()} x {group.Key.Status} after up to {group.Max(answer => answer.Took).TotalSeconds:f1} s: {group.Key.Reason}")));
}
