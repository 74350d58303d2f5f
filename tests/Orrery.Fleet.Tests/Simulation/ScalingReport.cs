using System.Globalization;
using System.Text;
using Orrery.Fleet.Scaling;

namespace Orrery.Fleet.Tests.Simulation;

/// <summary>One trace under every policy.</summary>
public sealed record ScalingRow(
    string Trace, double WarmUp, double Limit, SimulationResult Oracle, double Unforeseen, SimulationResult Ours, SimulationResult Hpa70, SimulationResult Hpa90)
{
    /// <summary>Replica-seconds over the oracle's, less one.</summary>
    public double Over(SimulationResult result) => result.ReplicaSeconds / Oracle.ReplicaSeconds - 1;
}

/// <summary>Runs traces under our policy and both yardsticks, and writes the table.</summary>
public static class ScalingReport
{
    public const int MaxReplicas = 200;

    public static ScalingRow Measure(ArrivalTrace trace, double warmUp, double limit = 0.5, ReplicaOptions? options = null)
    {
        var ready = Oracle.Ready(trace, warmUp, limit);
        var existing = Oracle.Existing(ready, warmUp);
        // Everyone begins with what the oracle has ready for the first seconds.
        SimulationResult Run(IScaler scaler) => ModelSimulation.Run(trace, scaler, warmUp, limit, existing[0]);
        return new(trace.Name, warmUp, limit,
            Run(new PlannedScaler(existing)),
            Oracle.LateWithoutForesight(trace, ready, warmUp, limit),
            Run(new PolicyScaler(options ?? new ReplicaOptions { MaxReplicas = MaxReplicas })),
            Run(new HpaScaler(0.7, MaxReplicas)),
            Run(new HpaScaler(0.9, MaxReplicas)));
    }

    public static string Markdown(IEnumerable<ScalingRow> rows)
    {
        var text = new StringBuilder();
        text.AppendLine("| trace | warm-up | oracle's utilization | no foresight: late | ours: late | over oracle | HPA 70 %: late | over oracle | HPA 90 %: late | over oracle |");
        text.AppendLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Trace} | {row.WarmUp:0} s | {row.Oracle.Utilization:0 %} | {row.Unforeseen:0.00 %} ");
            foreach (var result in (ReadOnlySpan<SimulationResult>)[row.Ours, row.Hpa70, row.Hpa90])
                text.Append(CultureInfo.InvariantCulture, $"| {result.Late:0.00 %} | {row.Over(result):+0 %;-0 %} ");
            text.AppendLine("|");
        }
        return text.ToString();
    }
}
