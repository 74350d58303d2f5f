using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Solvers;

/// <summary>The one-class support vector machine of Schölkopf et al. (2001) in LIBSVM's scaling, with ν the contamination.</summary>
internal static class OutlierDetector
{
    /// <summary>Learns from rows as the feature map leaves them. The decision value is below 0 for outliers.</summary>
    internal static Solution Fit(Matrix rows, double gamma, HeadOptions options, ProgressPart progress, CancellationToken cancellationToken)
    {
        progress.Report("kernel", 0);
        var kernel = new KernelRows(rows, gamma, cancellationToken);
        progress.Report("fit", 0.5);
        var machine = Solve(kernel, options, cancellationToken);
        double[] sums = (double[])machine.Gradient.Clone();
        Array.Sort(sums);
        double threshold = Threshold(sums, options.Contamination);
        progress.Report("fit", 1);
        return KernelClassifier.Assemble(rows, gamma, [machine with { Rho = threshold }], [new Sigmoid(1 / Spread(sums), 0)]);
    }

    /// <summary>The machine as LIBSVM solves it, before the threshold is moved.</summary>
    internal static Machine Solve(KernelRows kernel, HeadOptions options, CancellationToken cancellationToken)
    {
        int n = kernel.Count;
        double[] beta = new double[n], low = new double[n], high = new double[n];
        Array.Fill(high, 1);
        double left = options.Contamination * n;
        for (int row = 0; left > 0; row++, left -= 1)
            beta[row] = Math.Min(1, left);
        return Smo.Solve(
            kernel, beta, low, high, new double[n], options.Tolerance ?? KernelClassifier.DefaultTolerance,
            options.MaxIterations ?? KernelClassifier.DefaultIterations, cancellationToken);
    }

    // Between the last row that shall lie outside and the first that shall not.
    private static double Threshold(double[] sorted, double contamination)
    {
        int outside = (int)Math.Round(contamination * sorted.Length);
        return outside == 0 ? sorted[0] : (sorted[outside - 1] + sorted[outside]) / 2;
    }

    // There are no labels to calibrate by. The probability is that of a logistic distribution around the threshold which
    // is as wide as the training rows' values: standard deviation s means scale s sqrt(3) / pi.
    private static double Spread(double[] values)
    {
        double mean = 0, sum = 0;
        foreach (double value in values)
            mean += value / values.Length;
        foreach (double value in values)
            sum += (value - mean) * (value - mean);
        double scale = Math.Sqrt(3 * sum / values.Length) / Math.PI;
        return scale > 0 ? scale : 1;
    }
}
