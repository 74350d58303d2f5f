using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Solvers;

/// <summary>Logistic regression by L-BFGS.</summary>
internal static class LogisticClassifier
{
    private const double DefaultTolerance = 1e-6;
    private const int DefaultIterations = 1000;

    /// <summary>Learns from rows as the feature map leaves them.</summary>
    internal static Solution Fit(Matrix rows, TrainingSet set, HeadOptions options, ProgressPart progress, CancellationToken cancellationToken)
    {
        var problem = new LogisticProblem(rows, set, options.C, cancellationToken);
        var minimum = new Lbfgs(problem, problem.Size).Minimize(
            options.Tolerance ?? DefaultTolerance, options.MaxIterations ?? DefaultIterations,
            share => progress.Report("fit", share), cancellationToken);
        var weights = new Matrix(rows.Columns, set.Outputs);
        for (int i = 0; i < weights.Values.Length; i++)
            weights.Values[i] = (float)minimum.X[i];
        float[] intercepts = Array.ConvertAll(minimum.X[weights.Values.Length..], value => (float)value);
        Sigmoid[]? sigmoids = set.Outputs == 1 ? [new Sigmoid(-1, 0)] : null;
        return new Solution(weights, intercepts, sigmoids, null, 0, minimum.Iterations, minimum.Converged);
    }
}
