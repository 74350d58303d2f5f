using Orrery.Training.Solvers;

namespace Orrery.Training.Tests.Solvers;

public sealed class LbfgsTests
{
    [Fact]
    public void Finds_the_minimum_at_the_end_of_a_bent_valley()
    {
        var minimum = new Lbfgs(new Rosenbrock(), 2).Minimize(1e-9, 200, _ => { }, CancellationToken.None);

        Assert.True(minimum.Converged);
        Assert.InRange(minimum.X[0], 1 - 1e-7, 1 + 1e-7);
        Assert.InRange(minimum.X[1], 1 - 1e-7, 1 + 1e-7);
    }

    [Fact]
    public void Says_that_it_ran_out_of_iterations()
    {
        var minimum = new Lbfgs(new Rosenbrock(), 2).Minimize(1e-9, 3, _ => { }, CancellationToken.None);

        Assert.False(minimum.Converged);
        Assert.Equal(3, minimum.Iterations);
    }

    [Fact]
    public void Ends_in_the_noise_of_a_function_that_is_not_exact()
    {
        var minimum = new Lbfgs(new Noisy(), 50).Minimize(1e-12, 1_000_000, _ => { }, CancellationToken.None);

        Assert.InRange(minimum.Iterations, 1, 1000);
        Assert.All(minimum.X, x => Assert.InRange(x, 1 - 1e-2, 1 + 1e-2));
    }

    /// <summary>(1 - x)² + 100 (y - x²)², from the origin.</summary>
    private sealed class Rosenbrock : ISmoothFunction
    {
        public double Evaluate(ReadOnlySpan<double> x, Span<double> gradient)
        {
            double a = 1 - x[0], b = x[1] - x[0] * x[0];
            gradient[0] = -2 * a - 400 * x[0] * b;
            gradient[1] = 200 * b;
            return a * a + 100 * b * b;
        }
    }

    /// <summary>1 + sum of i (x_i - 1)² with an error of float32's size in value and gradient.</summary>
    private sealed class Noisy : ISmoothFunction
    {
        private readonly Random _random = new(1);

        public double Evaluate(ReadOnlySpan<double> x, Span<double> gradient)
        {
            double value = 1;
            for (int i = 0; i < x.Length; i++)
            {
                value += (i + 1) * (x[i] - 1) * (x[i] - 1);
                gradient[i] = 2 * (i + 1) * (x[i] - 1) + 1e-7 * _random.NextDouble();
            }
            return value + 1e-8 * _random.NextDouble();
        }
    }
}
