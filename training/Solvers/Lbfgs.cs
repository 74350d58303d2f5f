using System.Numerics.Tensors;

namespace Orrery.Training.Solvers;

/// <summary>A smooth function of many variables.</summary>
internal interface ISmoothFunction
{
    /// <summary>The value at <paramref name="x"/>; its gradient goes into <paramref name="gradient"/>.</summary>
    double Evaluate(ReadOnlySpan<double> x, Span<double> gradient);
}

/// <summary>How a minimization ended.</summary>
/// <param name="X">The best point found.</param>
/// <param name="Iterations">Steps taken.</param>
/// <param name="Converged">Whether the gradient fell below the tolerance, or steps lowered neither it nor the function any more.</param>
internal sealed record Minimum(double[] X, int Iterations, bool Converged);

/// <summary>
/// L-BFGS with a line search for the strong Wolfe conditions: Nocedal and Wright, Numerical Optimization, 2nd edition,
/// algorithms 7.4, 3.5 and 3.6. MathNet's LimitedMemoryBfgsMinimizer needs as many evaluations, but where float32 scores
/// leave the gradient above the tolerance it ends by an exception after hundreds more, without the point that it found.
/// </summary>
internal sealed class Lbfgs(ISmoothFunction function, int size)
{
    private const int Memory = 10;
    private const int MaxTrials = 20;
    private const double Decrease = 1e-4;
    private const double Curvature = 0.9;

    // What float32 scores leave uncertain of a value: a smaller rise is none. Below it only the gradient tells whether
    // steps still lead somewhere.
    private const double Noise = 1e-7;
    private const int MaxIdleSteps = 20;

    private readonly double[][] _steps = new double[Memory][];
    private readonly double[][] _changes = new double[Memory][];
    private readonly double[] _inverses = new double[Memory];
    private double[] _trial = new double[size];
    private double[] _trialGradient = new double[size];
    private int _pairs;

    /// <summary>Minimizes from the origin.</summary>
    /// <param name="tolerance">Ends when no component of the gradient is larger.</param>
    /// <param name="maxIterations">Ends after as many steps.</param>
    /// <param name="progress">Told the share of the way to the tolerance, from 0 to 1.</param>
    /// <param name="cancellationToken">Looked at before every step.</param>
    internal Minimum Minimize(
        double tolerance, int maxIterations, Action<double> progress, CancellationToken cancellationToken)
    {
        double[] x = new double[size], gradient = new double[size], direction = new double[size];
        double value = function.Evaluate(x, gradient);
        double largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(gradient)), first = largest, least = largest;
        int idle = 0;
        for (int iteration = 0; ; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (largest <= tolerance || idle == MaxIdleSteps)
                return new Minimum(x, iteration, true);
            if (iteration == maxIterations)
                return new Minimum(x, iteration, false);
            progress(Math.Max(
                Math.Log(first / largest) / Math.Log(first / tolerance), (double)iteration / maxIterations));

            Direction(gradient, direction);
            double slope = TensorPrimitives.Dot<double>(gradient, direction);
            if (slope >= 0)
            {
                // The curvature gathered is of no use (rounding): begin anew from the gradient.
                _pairs = 0;
                Direction(gradient, direction);
                slope = TensorPrimitives.Dot<double>(gradient, direction);
            }
            double step = _pairs == 0 ? Math.Min(1, 1 / TensorPrimitives.Norm<double>(gradient)) : 1;
            if (Search(x, value, slope, direction, step) is not { } next)
            {
                if (_pairs == 0)
                    return new Minimum(x, iteration, true);
                _pairs = 0;
                continue;
            }
            Remember(x, gradient);
            (x, _trial) = (_trial, x);
            (gradient, _trialGradient) = (_trialGradient, gradient);
            largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(gradient));
            idle = value - next > Noise * Math.Abs(value) || largest < 0.9 * least ? 0 : idle + 1;
            least = Math.Min(least, largest);
            value = next;
        }
    }

    // The two-loop recursion.
    private void Direction(double[] gradient, double[] direction)
    {
        Span<double> alpha = stackalloc double[Memory];
        TensorPrimitives.Negate(gradient, direction);
        int kept = Math.Min(_pairs, Memory);
        for (int age = 1; age <= kept; age++)
        {
            int slot = (_pairs - age) % Memory;
            alpha[slot] = _inverses[slot] * TensorPrimitives.Dot<double>(_steps[slot], direction);
            TensorPrimitives.MultiplyAdd(_changes[slot], -alpha[slot], direction, direction);
        }
        if (kept > 0)
        {
            int last = (_pairs - 1) % Memory;
            double scale = 1 / (_inverses[last] * TensorPrimitives.Dot<double>(_changes[last], _changes[last]));
            TensorPrimitives.Multiply(direction, scale, direction);
        }
        for (int age = kept; age >= 1; age--)
        {
            int slot = (_pairs - age) % Memory;
            double beta = _inverses[slot] * TensorPrimitives.Dot<double>(_changes[slot], direction);
            TensorPrimitives.MultiplyAdd(_steps[slot], alpha[slot] - beta, direction, direction);
        }
    }

    private void Remember(double[] x, double[] gradient)
    {
        int slot = _pairs % Memory;
        var step = _steps[slot] ??= new double[size];
        var change = _changes[slot] ??= new double[size];
        TensorPrimitives.Subtract(_trial, x, step);
        TensorPrimitives.Subtract(_trialGradient, gradient, change);
        double curvature = TensorPrimitives.Dot<double>(step, change);
        if (curvature <= 1e-14 * TensorPrimitives.Dot<double>(change, change))
            return;
        _inverses[slot] = 1 / curvature;
        _pairs++;
    }

    // Leaves the accepted point in _trial; null when no step lowers the function.
    private double? Search(double[] x, double value, double slope, double[] direction, double step)
    {
        double allowed = Noise * Math.Abs(value);
        double low = 0, lowValue = value, lowSlope = slope, high = double.NaN, highValue = 0;
        for (int trial = 0; trial < MaxTrials; trial++)
        {
            TensorPrimitives.MultiplyAdd(direction, step, x, _trial);
            double tried = function.Evaluate(_trial, _trialGradient);
            double triedSlope = TensorPrimitives.Dot<double>(_trialGradient, direction);
            bool rises = !(tried <= value + Decrease * step * slope + allowed) || (low > 0 && tried > lowValue + allowed);
            if (!rises && Math.Abs(triedSlope) <= -Curvature * slope)
                return tried;
            if (rises)
                (high, highValue) = (step, tried);
            else
            {
                if (triedSlope * ((double.IsNaN(high) ? double.PositiveInfinity : high) - low) >= 0)
                    (high, highValue) = (low, lowValue);
                (low, lowValue, lowSlope) = (step, tried, triedSlope);
            }
            step = double.IsNaN(high) ? 2 * step : Between(low, lowValue, lowSlope, high, highValue);
            if (!double.IsNaN(high) && Math.Abs(high - low) < 1e-12)
                break;
        }
        if (low == 0)
            return null;
        TensorPrimitives.MultiplyAdd(direction, low, x, _trial);
        return function.Evaluate(_trial, _trialGradient);
    }

    // The minimum of the parabola through the low end, its slope and the high end, kept off both ends.
    private static double Between(double low, double lowValue, double lowSlope, double high, double highValue)
    {
        double width = high - low;
        double bend = highValue - lowValue - lowSlope * width;
        double share = bend > 0 && double.IsFinite(bend) ? -lowSlope * width / (2 * bend) : 0.5;
        return low + width * Math.Clamp(share, 0.1, 0.9);
    }
}
