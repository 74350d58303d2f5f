using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Solvers;

/// <summary>Support vector machines with a Gaussian kernel, one a class over one shared kernel matrix.</summary>
internal static class KernelClassifier
{
    internal const double DefaultTolerance = 1e-3;
    internal const int DefaultIterations = 10_000_000;

    /// <summary>Learns from rows as the feature map leaves them.</summary>
    internal static Solution Fit(
        Matrix rows, double gamma, TrainingSet set, HeadOptions options, ProgressPart progress, CancellationToken cancellationToken)
    {
        progress.Report("kernel", 0);
        var kernel = new KernelRows(rows, gamma, cancellationToken);
        (int[] folds, int foldCount) = set.CalibrationFolds(options);
        var scores = new Matrix(rows.Rows, set.Outputs);
        var machines = new Machine[set.Outputs];
        int jobs = set.Outputs * (foldCount + 1), done = 0;
        // Every job writes places of its own, so their order is of no account.
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = kernel.IsComplete ? -1 : 1 };
        Parallel.For(0, jobs, parallel, job =>
        {
            int output = job % set.Outputs, fold = job / set.Outputs - 1;
            var machine = Solve(kernel, set, output, fold < 0 ? null : folds, fold, options, cancellationToken);
            if (fold < 0)
                machines[output] = machine;
            for (int row = 0; fold >= 0 && row < folds.Length; row++)
            {
                if (folds[row] == fold)
                    scores.Row(row)[output] = (float)(machine.Gradient[row] + set.Sign(row, output) - machine.Rho);
            }
            progress.Report(fold < 0 ? "fit" : "calibrate", (double)Interlocked.Increment(ref done) / jobs);
        });
        return Assemble(rows, gamma, machines, set.FitSigmoids(scores));
    }

    /// <summary>Gathers the support vectors of all machines into one block that they share.</summary>
    internal static Solution Assemble(Matrix rows, double gamma, ReadOnlySpan<Machine> machines, Sigmoid[] calibration)
    {
        List<int> support = [];
        for (int row = 0; row < rows.Rows; row++)
        {
            bool used = false;
            foreach (var machine in machines)
                used |= machine.Beta[row] != 0;
            if (used)
                support.Add(row);
        }
        var dual = new Matrix(support.Count, machines.Length);
        float[] intercepts = new float[machines.Length];
        int iterations = 0;
        bool converged = true;
        for (int output = 0; output < machines.Length; output++)
        {
            for (int i = 0; i < support.Count; i++)
                dual.Row(i)[output] = (float)machines[output].Beta[support[i]];
            intercepts[output] = (float)-machines[output].Rho;
            iterations += machines[output].Iterations;
            converged &= machines[output].Converged;
        }
        return new Solution(dual, intercepts, calibration, rows.Gather([.. support]), gamma, iterations, converged);
    }

    // The machine of one class against the rest, without the rows of one fold.
    private static Machine Solve(
        KernelRows kernel, TrainingSet set, int output, int[]? folds, int fold, HeadOptions options, CancellationToken cancellationToken)
    {
        int n = kernel.Count;
        double[] low = new double[n], high = new double[n], linear = new double[n];
        for (int row = 0; row < n; row++)
        {
            double sign = set.Sign(row, output), bound = folds?[row] == fold ? 0 : options.C * set.RowWeights[row];
            linear[row] = -sign;
            (low[row], high[row]) = sign > 0 ? (0.0, bound) : (-bound, 0.0);
        }
        return Smo.Solve(
            kernel, new double[n], low, high, linear,
            options.Tolerance ?? DefaultTolerance, options.MaxIterations ?? DefaultIterations, cancellationToken);
    }
}
