using System.Globalization;
using System.Text;
using Orrery.Fleet.Scaling;

namespace Orrery.Fleet.Tests.Simulation;

/// <summary>One trace under every policy.</summary>
public sealed record ScalingRow(
    string Trace, double WarmUp, double MeanReplicas, SimulationResult Oracle, double Unforeseen, SimulationResult Constant, SimulationResult Ours, SimulationResult Hpa70, SimulationResult Hpa90)
{
    /// <summary>Replica-seconds over the oracle's, less one.</summary>
    public double Over(SimulationResult result) => result.ReplicaSeconds / Oracle.ReplicaSeconds - 1;
}

/// <summary>Runs traces under our policy and both yardsticks, and writes the table.</summary>
public static class ScalingReport
{
    public const int MaxReplicas = 200;

    /// <summary>Seconds from the order of a replica to its first answer.</summary>
    public static IReadOnlyList<double> WarmUps { get; } = [5, 10, 30];

    /// <summary>Runs one trace under everything; the search for the constant number takes longest and is left out unless asked for.</summary>
    public static ScalingRow Measure(ArrivalTrace trace, double warmUp, double limit = 0.5, ReplicaOptions? options = null, bool constant = false)
    {
        var ready = Oracle.Ready(trace, warmUp, limit);
        var existing = Oracle.Existing(ready, warmUp);
        // Everyone begins with what the oracle has ready for the first seconds.
        SimulationResult Run(IScaler scaler) => ModelSimulation.Run(trace, scaler, warmUp, limit, existing[0]);
        var oracle = Run(new PlannedScaler(existing));
        return new(trace.Name, warmUp, oracle.ReplicaSeconds / trace.Seconds,
            oracle,
            Oracle.LateWithoutForesight(trace, ready, warmUp, limit),
            constant ? Constant(trace, warmUp, limit) : default,
            Run(new PolicyScaler(options ?? new ReplicaOptions { MaxReplicas = MaxReplicas })),
            Run(new HpaScaler(0.7, MaxReplicas)),
            Run(new HpaScaler(0.9, MaxReplicas)));
    }

    /// <summary>The smallest number that never changes and keeps 99 % of requests in time: what sizing by hand with knowledge of the peak costs.</summary>
    private static SimulationResult Constant(ArrivalTrace trace, double warmUp, double limit)
    {
        for (var replicas = (int)Math.Ceiling(trace.Work.Sum() / trace.Seconds); ; replicas++)
        {
            var result = ModelSimulation.Run(trace, new PlannedScaler([replicas]), warmUp, limit, replicas);
            if (result.Late <= 0.01)
                return result;
        }
    }

    public static string Markdown(IEnumerable<ScalingRow> rows)
    {
        var text = new StringBuilder();
        text.AppendLine("| trace | warm-up | oracle: mean replicas | no foresight: late | ours: late | over oracle | constant: over oracle | HPA 70 %: late | over oracle | HPA 90 %: late | over oracle |");
        text.AppendLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Trace} | {row.WarmUp:0} s | {row.MeanReplicas:0.0} | {row.Unforeseen:0.00 %} ");
            text.Append(CultureInfo.InvariantCulture, $"| {row.Ours.Late:0.00 %} | {row.Over(row.Ours):+0 %;-0 %} | {row.Over(row.Constant):+0 %;-0 %} ");
            foreach (var result in (ReadOnlySpan<SimulationResult>)[row.Hpa70, row.Hpa90])
                text.Append(CultureInfo.InvariantCulture, $"| {result.Late:0.00 %} | {row.Over(result):+0 %;-0 %} ");
            text.AppendLine("|");
        }
        return text.ToString();
    }
}
