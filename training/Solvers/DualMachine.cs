using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Orrery.Training.Features;

namespace Orrery.Training.Solvers;

/// <summary>A linear machine: the score of a row is its product with the weights plus the intercept.</summary>
/// <param name="Weights">The weights [d], then the intercept.</param>
/// <param name="Alpha">The dual number of each row: the weights are the sum of sign times number times row.</param>
/// <param name="Epochs">Passes over the rows.</param>
/// <param name="Converged">Whether the tolerance was reached.</param>
internal sealed record LinearMachine(double[] Weights, double[] Alpha, int Epochs, bool Converged)
{
    /// <summary>The score of a row.</summary>
    internal double Score(ReadOnlySpan<float> row) => DualMachine.Dot(row, Weights) + Weights[^1];
}

/// <summary>
/// Dual coordinate descent for the linear machine of squared hinge loss, <c>|w|²/2 + C sum(max(0, 1 - y w·x)²)</c>: Hsieh,
/// Chang, Lin, Keerthi and Sundararajan, A Dual Coordinate Descent Method for Large-scale Linear SVM, ICML 2008, with its
/// shrinking. As in LIBLINEAR, and so in scikit-learn's LinearSVC, the intercept is the weight of a column of ones and is
/// penalized with the rest.
/// </summary>
internal static class DualMachine
{
    /// <summary>Solves one machine on this thread.</summary>
    /// <param name="rows">The rows [n, d].</param>
    /// <param name="squares">The squared length of each row with its column of one.</param>
    /// <param name="signs">+1 or -1 for each row.</param>
    /// <param name="costs">C times the weight of each row; a row of cost 0 takes no part.</param>
    /// <param name="start">Dual numbers to begin with, 0 or more; null for none.</param>
    /// <param name="tolerance">Ends when the projected gradients of the dual lie no further apart.</param>
    /// <param name="maxEpochs">Ends after as many passes.</param>
    /// <param name="seed">The order in which rows are visited.</param>
    /// <param name="cancellationToken">Looked at before every pass.</param>
    internal static LinearMachine Solve(
        Matrix rows, double[] squares, ReadOnlySpan<int> signs, ReadOnlySpan<double> costs, double[]? start,
        double tolerance, int maxEpochs, int seed, CancellationToken cancellationToken)
    {
        double[] weights = new double[rows.Columns + 1], alpha = new double[rows.Rows];
        int[] order = new int[rows.Rows];
        int all = 0;
        for (int row = 0; row < rows.Rows; row++)
        {
            if (costs[row] == 0)
                continue;
            order[all++] = row;
            if (start is not null && start[row] != 0)
                Move(weights, rows.Row(row), signs[row] * (alpha[row] = start[row]));
        }
        var random = new Random(seed);
        int active = all;
        double above = double.PositiveInfinity;
        for (int epoch = 0; ; epoch++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (epoch == maxEpochs)
                return new LinearMachine(weights, alpha, epoch, false);
            random.Shuffle(order.AsSpan(0, active));
            double most = double.NegativeInfinity, least = double.PositiveInfinity;
            for (int k = 0; k < active; k++)
            {
                int row = order[k];
                var values = rows.Row(row);
                double ridge = 0.5 / costs[row];
                double gradient = signs[row] * (Dot(values, weights) + weights[^1]) - 1 + alpha[row] * ridge;
                if (alpha[row] == 0 && gradient > above)
                {
                    // Well beyond the margin in the last pass too: looked at again only at the end.
                    active--;
                    (order[k], order[active]) = (order[active], order[k]);
                    k--;
                    continue;
                }
                double projected = alpha[row] == 0 ? Math.Min(gradient, 0) : gradient;
                (most, least) = (Math.Max(most, projected), Math.Min(least, projected));
                if (Math.Abs(projected) < 1e-12)
                    continue;
                double moved = Math.Max(alpha[row] - gradient / (squares[row] + ridge), 0);
                Move(weights, values, signs[row] * (moved - alpha[row]));
                alpha[row] = moved;
            }
            if (most - least <= tolerance || active == 0)
            {
                if (active == all)
                    return new LinearMachine(weights, alpha, epoch + 1, true);
                (active, above) = (all, double.PositiveInfinity);
                continue;
            }
            above = most <= 0 ? double.PositiveInfinity : most;
        }
    }

    /// <summary>The product of a row with weights, in double.</summary>
    internal static double Dot(ReadOnlySpan<float> row, ReadOnlySpan<double> weights)
    {
        ref float x = ref MemoryMarshal.GetReference(row);
        ref double w = ref MemoryMarshal.GetReference(weights);
        var (sum0, sum1) = (Vector512<double>.Zero, Vector512<double>.Zero);
        int i = 0;
        for (; i + 16 <= row.Length; i += 16)
        {
            sum0 = Vector512.FusedMultiplyAdd(Widen(ref x, i), Vector512.LoadUnsafe(ref w, (nuint)i), sum0);
            sum1 = Vector512.FusedMultiplyAdd(Widen(ref x, i + 8), Vector512.LoadUnsafe(ref w, (nuint)i + 8), sum1);
        }
        double sum = Vector512.Sum(sum0 + sum1);
        for (; i < row.Length; i++)
            sum += row[i] * weights[i];
        return sum;
    }

    // weights += step (row, 1)
    private static void Move(Span<double> weights, ReadOnlySpan<float> row, double step)
    {
        ref float x = ref MemoryMarshal.GetReference(row);
        ref double w = ref MemoryMarshal.GetReference(weights);
        var steps = Vector512.Create(step);
        int i = 0;
        for (; i + 8 <= row.Length; i += 8)
            Vector512.FusedMultiplyAdd(steps, Widen(ref x, i), Vector512.LoadUnsafe(ref w, (nuint)i)).StoreUnsafe(ref w, (nuint)i);
        for (; i < row.Length; i++)
            weights[i] += step * row[i];
        weights[^1] += step;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Widen(ref float values, int index)
    {
        var (lower, upper) = Vector256.Widen(Vector256.LoadUnsafe(ref values, (nuint)index));
        return Vector512.Create(lower, upper);
    }
}
