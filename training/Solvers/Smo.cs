namespace Orrery.Training.Solvers;

/// <summary>A solved machine.</summary>
/// <param name="Beta">The coefficient of each row in the decision: its dual number times its sign; 0 for all but support vectors.</param>
/// <param name="Gradient">Of each row, the sum over the support vectors of coefficient times kernel, plus the row's linear term.</param>
/// <param name="Rho">What is taken off that sum to give the decision value.</param>
/// <param name="Iterations">Steps taken.</param>
/// <param name="Converged">Whether the tolerance was reached.</param>
internal sealed record Machine(double[] Beta, double[] Gradient, double Rho, int Iterations, bool Converged);

/// <summary>
/// Sequential minimal optimization of <c>½ βᵀKβ + qᵀβ</c> with a fixed sum of β and <c>low ≤ β ≤ high</c>. With β = y α
/// this is the dual of LIBSVM's C-SVC (q = -y, sum 0) and one-class machines (q = 0, sum νn): Chang and Lin, LIBSVM: A
/// Library for Support Vector Machines, ACM TIST 2 (2011), section 4. A row with low = high = 0 takes no part, yet its
/// gradient is kept, which gives the decision value of a held-out row for nothing.
/// </summary>
internal static class Smo
{
    /// <summary>Stands in for a curvature of 0, of two equal rows.</summary>
    internal const double SmallestCurvature = 1e-12;

    private const int StepsBetweenChecks = 256;

    /// <summary>Solves one machine on this thread.</summary>
    /// <param name="kernel">The kernel, whose diagonal is 1.</param>
    /// <param name="beta">Where to begin, within the bounds and of the sum wanted; becomes the result's.</param>
    /// <param name="low">The lower bound of each row.</param>
    /// <param name="high">The upper bound of each row.</param>
    /// <param name="linear">q, the linear term of each row.</param>
    /// <param name="tolerance">Ends when the largest violation of the optimality conditions is below it.</param>
    /// <param name="maxIterations">Ends after as many steps.</param>
    /// <param name="cancellationToken">Looked at every few hundred steps.</param>
    internal static Machine Solve(
        KernelRows kernel, double[] beta, ReadOnlySpan<double> low, ReadOnlySpan<double> high, ReadOnlySpan<double> linear,
        double tolerance, int maxIterations, CancellationToken cancellationToken)
    {
        int n = beta.Length;
        double[] gradient = linear.ToArray(), mayGrow = new double[n], mayShrink = new double[n];
        for (int i = 0; i < n; i++)
        {
            if (beta[i] != 0)
                Add(gradient, kernel[i], beta[i]);
            mayGrow[i] = beta[i] < high[i] ? 0 : double.PositiveInfinity;
            mayShrink[i] = beta[i] > low[i] ? 0 : double.NegativeInfinity;
        }
        for (int iteration = 0; ; iteration++)
        {
            if (iteration % StepsBetweenChecks == 0)
                cancellationToken.ThrowIfCancellationRequested();
            (int i, double smallest) = SmoVectors.Smallest(gradient, mayGrow);
            if (double.IsPositiveInfinity(smallest))
                return new Machine(beta, gradient, Rho(beta, gradient, low, high), iteration, true);
            var kernelOfI = kernel[i];
            (int j, double largest) = SmoVectors.Partner(gradient, mayShrink, kernelOfI, smallest);
            bool converged = j < 0 || largest - smallest < tolerance;
            if (converged || iteration == maxIterations)
                return new Machine(beta, gradient, Rho(beta, gradient, low, high), iteration, converged);

            double curvature = Math.Max(2 - 2 * (double)kernelOfI[j], SmallestCurvature);
            double wanted = (gradient[j] - gradient[i]) / curvature, roomI = high[i] - beta[i], roomJ = beta[j] - low[j];
            double step = Math.Min(wanted, Math.Min(roomI, roomJ));
            // A bound that is reached is reached exactly, or rounding would leave the row half open.
            beta[i] = step == roomI ? high[i] : beta[i] + step;
            beta[j] = step == roomJ ? low[j] : beta[j] - step;
            SmoVectors.Move(gradient, kernelOfI, kernel[j], step);
            mayGrow[i] = beta[i] < high[i] ? 0 : double.PositiveInfinity;
            mayGrow[j] = 0;
            mayShrink[i] = 0;
            mayShrink[j] = beta[j] > low[j] ? 0 : double.NegativeInfinity;
        }
    }

    // The mean gradient of rows off both bounds; with none, the middle of what the bounds allow (LIBSVM, section 4.1.5).
    private static double Rho(double[] beta, double[] gradient, ReadOnlySpan<double> low, ReadOnlySpan<double> high)
    {
        double sum = 0, least = double.NegativeInfinity, most = double.PositiveInfinity;
        int free = 0;
        for (int i = 0; i < beta.Length; i++)
        {
            bool grows = beta[i] < high[i], shrinks = beta[i] > low[i];
            if (grows && shrinks)
                (sum, free) = (sum + gradient[i], free + 1);
            else if (grows)
                most = Math.Min(most, gradient[i]);
            else if (shrinks)
                least = Math.Max(least, gradient[i]);
        }
        if (free > 0)
            return sum / free;
        if (double.IsInfinity(least) || double.IsInfinity(most))
            return double.IsInfinity(least) ? double.IsInfinity(most) ? 0 : most : least;
        return (least + most) / 2;
    }

    private static void Add(double[] gradient, ReadOnlySpan<float> kernel, double factor)
    {
        for (int i = 0; i < gradient.Length; i++)
            gradient[i] += factor * kernel[i];
    }
}
