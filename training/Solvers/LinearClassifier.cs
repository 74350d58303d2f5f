using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Solvers;

/// <summary>Linear support vector machines, one a class.</summary>
internal static class LinearClassifier
{
    private const double DefaultTolerance = 1e-4;
    private const int DefaultEpochs = 1000;

    /// <summary>Learns from rows as the feature map leaves them.</summary>
    internal static Solution Fit(Matrix rows, TrainingSet set, HeadOptions options, ProgressPart progress, CancellationToken cancellationToken)
    {
        double[] squares = new double[rows.Rows];
        for (int row = 0; row < rows.Rows; row++)
        {
            squares[row] = 1;
            foreach (float value in rows.Row(row))
                squares[row] += (double)value * value;
        }
        (int[] folds, int foldCount) = set.CalibrationFolds(options);
        var scores = new Matrix(rows.Rows, set.Outputs);
        var weights = new Matrix(rows.Columns, set.Outputs);
        float[] intercepts = new float[set.Outputs];
        var machines = new LinearMachine[set.Outputs];
        int done = 0;
        // Every output writes places of its own, so their order is of no account.
        Parallel.For(0, set.Outputs, new ParallelOptions { CancellationToken = cancellationToken }, output =>
        {
            var whole = machines[output] = Solve(rows, squares, set, output, null, 0, null, options, cancellationToken);
            for (int column = 0; column < rows.Columns; column++)
                weights.Row(column)[output] = (float)whole.Weights[column];
            intercepts[output] = (float)whole.Weights[^1];
            for (int fold = 0; fold < foldCount; fold++)
            {
                // Begins from the numbers of the whole fit: the machine has one solution, wherever it begins.
                var machine = Solve(rows, squares, set, output, folds, fold, whole.Alpha, options, cancellationToken);
                for (int row = 0; row < folds.Length; row++)
                {
                    if (folds[row] == fold)
                        scores.Row(row)[output] = (float)machine.Score(rows.Row(row));
                }
                progress.Report("fit", (Interlocked.Increment(ref done)) / ((double)set.Outputs * foldCount));
            }
        });
        return new Solution(
            weights, intercepts, set.FitSigmoids(scores), null, 0,
            machines.Sum(machine => machine.Epochs), machines.All(machine => machine.Converged));
    }

    // The machine of one class against the rest, without the rows of one fold.
    private static LinearMachine Solve(
        Matrix rows, double[] squares, TrainingSet set, int output, int[]? folds, int fold, double[]? start,
        HeadOptions options, CancellationToken cancellationToken)
    {
        int[] signs = new int[rows.Rows];
        double[] costs = new double[rows.Rows];
        for (int row = 0; row < signs.Length; row++)
        {
            signs[row] = set.Sign(row, output);
            costs[row] = folds?[row] == fold ? 0 : options.C * set.RowWeights[row];
        }
        return DualMachine.Solve(
            rows, squares, signs, costs, start, options.Tolerance ?? DefaultTolerance,
            options.MaxIterations ?? DefaultEpochs, options.Seed, cancellationToken);
    }
}
