using FsCheck;
using FsCheck.Fluent;
using Orrery.Training.Solvers;

namespace Orrery.Training.Tests.Solvers;

public sealed class SmoTests
{
    [Fact]
    public void Meets_the_optimality_conditions_within_the_tolerance()
    {
        var cases =
            from rows in Gen.Choose(4, 120)
            from columns in Gen.Choose(1, 20)
            from c in Gen.Elements(0.1, 1, 50)
            from seed in Gen.Choose(0, int.MaxValue)
            select (rows, columns, c, seed);
        var property = Prop.ForAll(cases.ToArbitrary(), given =>
        {
            var (rows, columns, c, seed) = given;
            var (machine, low, high) = Solve(rows, columns, c, seed);
            double sum = 0, most = double.NegativeInfinity, least = double.PositiveInfinity;
            for (int i = 0; i < rows; i++)
            {
                double beta = machine.Beta[i];
                sum += beta;
                if (beta < low[i] || beta > high[i])
                    return false;
                // No pair of rows may be left that would gain by moving against each other.
                least = beta < high[i] ? Math.Min(least, machine.Gradient[i]) : least;
                most = beta > low[i] ? Math.Max(most, machine.Gradient[i]) : most;
            }
            return machine.Converged && most - least < 1e-3 && Math.Abs(sum) < 1e-9 * c * rows;
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), property);
    }

    [Fact]
    public void A_held_out_row_takes_no_part_and_gets_its_decision_value()
    {
        var (rows, labels) = Numbers.Clusters(3, 60, 5, 2);
        double[] low = new double[60], high = new double[60], linear = new double[60];
        for (int i = 0; i < 60; i++)
        {
            double bound = i < 40 ? 1 : 0, sign = labels[i] == 1 ? 1 : -1;
            (low[i], high[i], linear[i]) = sign > 0 ? (0.0, bound, -sign) : (-bound, 0.0, -sign);
        }
        var all = Smo.Solve(new KernelRows(rows, 0.3, default), new double[60], low, high, linear, 1e-6, 100_000, default);
        var without = Smo.Solve(
            new KernelRows(rows.Gather([.. Enumerable.Range(0, 40)]), 0.3, default), new double[40], low.AsSpan(0, 40),
            high.AsSpan(0, 40), linear.AsSpan(0, 40), 1e-6, 100_000, default);

        for (int i = 0; i < 60; i++)
        {
            double decision = -without.Rho;
            for (int j = 0; j < 40; j++)
            {
                double distance = 0;
                for (int column = 0; column < 5; column++)
                    distance += Math.Pow(rows.Row(i)[column] - rows.Row(j)[column], 2);
                decision += without.Beta[j] * Math.Exp(-0.3 * distance);
            }
            Assert.InRange(all.Gradient[i] - linear[i] - all.Rho - decision, -1e-4, 1e-4);
            Assert.True(i < 40 || all.Beta[i] == 0);
        }
    }

    [Fact]
    public void A_cache_of_few_rows_gives_the_same_machine()
    {
        var (whole, low, high) = Solve(90, 6, 1, 5);
        var (rows, labels) = Numbers.Clusters(5, 90, 6, 2);
        double[] linear = [.. labels.Select(label => label == 1 ? -1.0 : 1)];
        // Room for three rows of the kernel, each padded to 96 numbers.
        var kernel = new KernelRows(rows, 0.5, default, budget: 3 * 96 * sizeof(float));

        var machine = Smo.Solve(kernel, new double[90], low, high, linear, 1e-3, 100_000, default);

        Assert.False(kernel.IsComplete);
        Assert.Equal(whole.Beta, machine.Beta);
        Assert.Equal(whole.Rho, machine.Rho);
    }

    private static (Machine Machine, double[] Low, double[] High) Solve(int count, int columns, double c, int seed)
    {
        var (rows, labels) = Numbers.Clusters(seed, count, columns, 2);
        double[] low = [.. labels.Select(label => label == 1 ? 0 : -c)], high = [.. labels.Select(label => label == 1 ? c : 0)];
        double[] linear = [.. labels.Select(label => label == 1 ? -1.0 : 1)];
        var machine = Smo.Solve(new KernelRows(rows, 0.5, default), new double[count], low, high, linear, 1e-3, 1_000_000, default);
        return (machine, low, high);
    }
}
