using Orrery.Fleet.Scaling;
using Xunit.Abstractions;

namespace Orrery.Fleet.Tests.Simulation;

/// <summary>What the policy must hold on each kind of arrivals. Bounds leave room above what is measured: docs/autoscaling.md has that.</summary>
public sealed class ScalingSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Writes_the_table_of_all_traces_beside_both_yardsticks()
    {
        var rows = Traces.All().SelectMany(trace => ScalingReport.WarmUps.Select(warmUp => ScalingReport.Measure(trace, warmUp, constant: true))).ToList();
        output.WriteLine(ScalingReport.Markdown(rows));
        foreach (var row in rows)
        {
            // Nothing but what rounding leaves of a request.
            Assert.InRange(row.Oracle.Late, 0, 1e-12);
            Assert.InRange(row.Oracle.Utilization, 0.5, 1);
            // No one does the work in less than the oracle without being late for it.
            Assert.True(row.Ours.ReplicaSeconds > row.Oracle.ReplicaSeconds);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(30)]
    public void Holds_the_goal_where_arrivals_announce_themselves(double warmUp)
    {
        foreach (var trace in (ArrivalTrace[])[Traces.Steady(), Traces.Diurnal(), Traces.Ramp()])
        {
            var row = ScalingReport.Measure(trace, warmUp);
            Assert.True(row.Ours.Late <= 0.01, $"{trace.Name}: {row.Ours.Late:P2} late");
            Assert.True(row.Over(row.Ours) <= 0.20, $"{trace.Name}: {row.Over(row.Ours):P0} over the oracle");
        }
    }

    [Theory]
    [InlineData(5, 0.005)]
    [InlineData(10, 0.01)]
    [InlineData(30, 0.04)]
    public void A_crowd_that_gathers_within_a_minute_costs_little_more_than_its_warm_up(double warmUp, double late)
    {
        var row = ScalingReport.Measure(Traces.FlashCrowd(), warmUp);
        Assert.True(row.Ours.Late <= late, $"{row.Ours.Late:P2} late");
        Assert.True(row.Over(row.Ours) <= 0.20, $"{row.Over(row.Ours):P0} over the oracle");
        Assert.True(row.Ours.Late < row.Hpa70.Late && row.Ours.ReplicaSeconds < row.Hpa70.ReplicaSeconds);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(30)]
    public void A_jump_without_warning_makes_little_more_late_than_comes_within_two_warm_ups(double warmUp)
    {
        var trace = Traces.Jump();
        var row = ScalingReport.Measure(trace, warmUp);
        // All that comes before a replica ordered at the jump can answer: no policy without spare replicas has less.
        var steps = (int)(warmUp / ArrivalTrace.Step);
        var unavoidable = trace.Requests.Skip((int)(1800 / ArrivalTrace.Step)).Take(steps).Sum() / trace.Requests.Sum();
        Assert.True(row.Ours.Late <= 2.5 * unavoidable, $"{row.Ours.Late:P2} late, {unavoidable:P2} cannot be avoided");
        Assert.True(row.Over(row.Ours) <= 0.20, $"{row.Over(row.Ours):P0} over the oracle");
    }

    [Fact]
    public void Learns_from_a_load_that_keeps_coming_back_to_hold_its_replicas()
    {
        var learning = ScalingReport.Measure(Traces.OnOff(), 10);
        var forgetful = ScalingReport.Measure(Traces.OnOff(), 10, options: new ReplicaOptions
        {
            MaxReplicas = ScalingReport.MaxReplicas,
            MaxStabilizationWindow = new ReplicaOptions().StabilizationWindow,
        });
        Assert.True(learning.Ours.Late < 0.5 * forgetful.Ours.Late, $"{learning.Ours.Late:P2} against {forgetful.Ours.Late:P2}");
    }

    [Fact]
    public void Keeps_a_recorded_conversation_service_in_time_where_the_usual_formula_does_not()
    {
        var row = ScalingReport.Measure(Traces.Conversation(), 10, constant: true);
        Assert.True(row.Ours.Late <= 0.012, $"{row.Ours.Late:P2} late");
        Assert.True(row.Hpa70.Late > 2 * row.Ours.Late);
        Assert.True(row.Over(row.Ours) < row.Over(row.Constant));
    }

    [Theory]
    [InlineData(1.1)]
    [InlineData(1.25)]
    [InlineData(1.6)]
    public void Learns_that_a_replica_does_less_than_was_measured(double measured)
    {
        foreach (var trace in (ArrivalTrace[])[Traces.Steady(), Traces.Ramp(), Traces.FlashCrowd()])
        {
            var options = new ReplicaOptions { MaxReplicas = ScalingReport.MaxReplicas };
            var late = ModelSimulation.Run(trace, new PolicyScaler(options), 10, 0.5, 10, measured).Late;
            output.WriteLine($"{trace.Name}, measured {measured:0.00} of the truth: {late:P2} late");
            Assert.True(late <= 0.015, $"{trace.Name}: {late:P2} late");
        }
    }

    [Fact]
    public void Same_trace_same_result()
    {
        var options = new ReplicaOptions { MaxReplicas = 50 };
        var trace = Traces.Bursts("twice", 9, 1200);
        Assert.Equal(
            ModelSimulation.Run(trace, new PolicyScaler(options), 10, 0.5, 8), ModelSimulation.Run(trace, new PolicyScaler(options), 10, 0.5, 8));
    }
}
