using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Solvers;

/// <summary>What a solver learned: scores are inputs [n, m] times weights [m, c] plus intercepts [c].</summary>
/// <param name="Weights">The weights; of a kernel machine the dual coefficients [support vectors, c].</param>
/// <param name="Intercepts">The intercepts.</param>
/// <param name="Calibration">A sigmoid a column; null for a softmax over them.</param>
/// <param name="Support">The support vectors [s, m] of a kernel machine; null for a linear one.</param>
/// <param name="Gamma">The width of the kernel.</param>
/// <param name="Iterations">Steps of the solver, all machines together.</param>
/// <param name="Converged">Whether the tolerance was reached.</param>
internal sealed record Solution(
    Matrix Weights, float[] Intercepts, Sigmoid[]? Calibration, Matrix? Support, double Gamma, int Iterations, bool Converged);

/// <summary>Logistic regression and linear support vector machines.</summary>
internal static class LinearClassifier
{
    private const double DefaultTolerance = 1e-6;
    private const int DefaultIterations = 1000;

    /// <summary>Learns from rows as the feature map leaves them.</summary>
    internal static Solution Fit(Matrix rows, TrainingSet set, HeadOptions options, ProgressPart progress, CancellationToken cancellationToken)
    {
        bool svm = options.Kind == HeadKind.LinearSvm;
        var loss = svm ? LinearLoss.SquaredHinge : set.Outputs == 1 ? LinearLoss.Logistic : LinearLoss.Softmax;
        var problem = new LinearProblem(rows, set.Labels, set.Outputs, loss, options.C, cancellationToken);
        set.RowWeights.CopyTo(problem.RowWeights);
        var whole = Solve(problem, new double[problem.Size], options, progress.Part(0, svm ? 0.4 : 1), "fit", cancellationToken);
        var calibration = svm
            ? Calibrate(problem, whole.X, set, options, progress.Part(0.4, 1), cancellationToken)
            : set.Outputs == 1 ? [new Sigmoid(-1, 0)] : null;

        var weights = new Matrix(rows.Columns, set.Outputs);
        for (int i = 0; i < weights.Values.Length; i++)
            weights.Values[i] = (float)whole.X[i];
        float[] intercepts = Array.ConvertAll(whole.X[weights.Values.Length..], value => (float)value);
        return new Solution(weights, intercepts, calibration, null, 0, whole.Iterations, whole.Converged);
    }

    // Scores of each fold's rows come from machines trained on the others. These begin from the whole fit: the problem
    // is strictly convex, so where they end depends on that by no more than the tolerance.
    private static Sigmoid[] Calibrate(
        LinearProblem problem, double[] start, TrainingSet set, HeadOptions options, ProgressPart progress, CancellationToken cancellationToken)
    {
        (int[] folds, int count) = set.CalibrationFolds(options);
        var scores = new Matrix(folds.Length, set.Outputs);
        for (int fold = 0; fold < count; fold++)
        {
            for (int row = 0; row < folds.Length; row++)
                problem.RowWeights[row] = folds[row] == fold ? 0 : set.RowWeights[row];
            var part = progress.Part((double)fold / count, (fold + 1.0) / count);
            var scored = problem.Scores(Solve(problem, start, options, part, "calibrate", cancellationToken).X);
            for (int row = 0; row < folds.Length; row++)
            {
                if (folds[row] == fold)
                    scored.Row(row).CopyTo(scores.Row(row));
            }
        }
        return set.FitSigmoids(scores);
    }

    private static Minimum Solve(
        LinearProblem problem, double[] start, HeadOptions options, ProgressPart progress, string stage, CancellationToken cancellationToken) =>
        new Lbfgs(problem, problem.Size).Minimize(
            start, options.Tolerance ?? DefaultTolerance, options.MaxIterations ?? DefaultIterations,
            share => progress.Report(stage, share), cancellationToken);
}
