using System.Globalization;

namespace Orrery.Fleet.Tests.Simulation;

/// <summary>What arrives at one model: work (units of one replica-second) and requests by step of <see cref="Step"/> seconds.</summary>
public sealed record ArrivalTrace(string Name, double[] Work, double[] Requests)
{
    public const double Step = 0.1;

    public double Seconds => Work.Length * Step;

    /// <summary>Poisson arrivals of requests with lognormal sizes around <paramref name="rate"/> (replicas' worth of work by second of time).</summary>
    /// <param name="name">As shown in the table.</param>
    /// <param name="seconds">Length.</param>
    /// <param name="rate">Work a second, in replicas, at a second of the trace.</param>
    /// <param name="seed">The same seed gives the same trace.</param>
    /// <param name="requestsPerReplica">Requests a second that one replica can do.</param>
    public static ArrivalTrace Synthetic(string name, int seconds, Func<double, double> rate, int seed, double requestsPerReplica = 200)
    {
        var random = new Random(seed);
        var steps = (int)(seconds / Step);
        var (work, requests) = (new double[steps], new double[steps]);
        for (var k = 0; k < steps; k++)
        {
            var count = Poisson(random, rate(k * Step) * requestsPerReplica * Step);
            requests[k] = count;
            // Sizes with a coefficient of variation of 1: their sum over a step is near enough to normal.
            work[k] = Math.Max(0, count + Math.Sqrt(count) * Normal(random)) / requestsPerReplica;
        }
        return new(name, work, requests);
    }

    /// <summary>A recorded one; <paramref name="tokensPerSecond"/> is what one replica does.</summary>
    public static ArrivalTrace Recorded(string name, string resource, double tokensPerSecond)
    {
        using var stream = typeof(ArrivalTrace).Assembly.GetManifestResourceStream(resource)
            ?? throw new FileNotFoundException(resource);
        using var reader = new StreamReader(stream);
        var rows = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(line => Array.ConvertAll(line.Split(','), field => int.Parse(field, CultureInfo.InvariantCulture))).ToArray();
        var perSecond = (int)Math.Round(1 / Step);
        var (work, requests) = (new double[(rows[^1][0] + 1) * perSecond], new double[(rows[^1][0] + 1) * perSecond]);
        foreach (var row in rows)
            for (var k = 0; k < perSecond; k++)
            {
                requests[row[0] * perSecond + k] = (double)row[1] / perSecond;
                work[row[0] * perSecond + k] = row[2] / tokensPerSecond / perSecond;
            }
        return new(name, work, requests);
    }

    private static double Poisson(Random random, double mean)
    {
        if (mean > 50)
            return Math.Max(0, Math.Round(mean + Math.Sqrt(mean) * Normal(random)));
        var (count, product) = (0, random.NextDouble());
        for (var limit = Math.Exp(-mean); product > limit; product *= random.NextDouble())
            count++;
        return count;
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
