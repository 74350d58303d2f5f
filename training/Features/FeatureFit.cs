using MathNet.Numerics.LinearAlgebra;
using Orrery.Training.Heads;
using Orrery.Training.Solvers;

namespace Orrery.Training.Features;

/// <summary>Learns a feature map: standardization as scikit-learn's StandardScaler, then principal components as its PCA.</summary>
internal static class FeatureFit
{
    // Components whose variance is below this share of the largest are rounding: whitening would blow them up.
    private const double SmallestShare = 1e-7;

    /// <summary>Learns the map that the options ask for; null when all rows are equal, which leaves no component.</summary>
    internal static FeatureMap? Fit(Matrix rows, HeadOptions options, CancellationToken cancellationToken)
    {
        bool pca = options.PcaComponents is not null || options.PcaVariance is not null;
        if (!pca && !options.Standardize)
            return FeatureMap.Identity;
        float[] center = Means(rows);
        float[]? scale = options.Standardize ? Scales(rows, center) : null;
        if (!pca)
            return new FeatureMap(center, scale, null);
        var components = Components(new FeatureMap(center, scale, null).Apply(rows, cancellationToken), options, cancellationToken);
        if (components is null)
            return null;
        return new FeatureMap(center, null, new FeatureMap(null, scale, null).Fold(components));
    }

    private static float[] Means(Matrix rows)
    {
        double[] sums = new double[rows.Columns];
        for (int row = 0; row < rows.Rows; row++)
        {
            var values = rows.Row(row);
            for (int column = 0; column < values.Length; column++)
                sums[column] += values[column];
        }
        return Array.ConvertAll(sums, sum => (float)(sum / rows.Rows));
    }

    // 1 / the standard deviation over all rows; a column that does not vary is left alone.
    private static float[] Scales(Matrix rows, float[] center)
    {
        double[] sums = new double[rows.Columns];
        for (int row = 0; row < rows.Rows; row++)
        {
            var values = rows.Row(row);
            for (int column = 0; column < values.Length; column++)
            {
                double difference = (double)values[column] - center[column];
                sums[column] += difference * difference;
            }
        }
        float[] scales = new float[sums.Length];
        for (int column = 0; column < scales.Length; column++)
        {
            double deviation = Math.Sqrt(sums[column] / rows.Rows);
            scales[column] = deviation <= 1e-6 * Math.Abs(center[column]) ? 1 : (float)(1 / deviation);
        }
        return scales;
    }

    // The projection [d, m] of centered rows.
    private static Matrix? Components(Matrix centered, HeadOptions options, CancellationToken cancellationToken)
    {
        var covariance = Covariance(centered, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var eigen = covariance.Evd(Symmetricity.Symmetric);
        int d = centered.Columns;
        // Evd gives ascending variances.
        double[] variances = new double[d];
        double total = 0;
        for (int i = 0; i < d; i++)
            total += variances[i] = Math.Max(0, eigen.EigenValues[d - 1 - i].Real);
        if (total == 0)
            return null;
        int most = Math.Min(d, Math.Max(1, centered.Rows - 1));
        while (most > 1 && variances[most - 1] <= SmallestShare * variances[0])
            most--;
        int kept = Math.Min(most, options.PcaComponents ?? CountFor(options.PcaVariance!.Value, variances, total));

        var projection = new Matrix(d, kept);
        for (int component = 0; component < kept; component++)
        {
            var vector = eigen.EigenVectors.Column(d - 1 - component);
            // An eigenvector's sign is free: its largest number is made positive.
            int largest = 0;
            for (int i = 1; i < d; i++)
                largest = Math.Abs(vector[i]) > Math.Abs(vector[largest]) ? i : largest;
            double scale = vector[largest] < 0 ? -1 : 1;
            if (options.Whiten)
                scale /= Math.Sqrt(variances[component]);
            for (int i = 0; i < d; i++)
                projection.Row(i)[component] = (float)(scale * vector[i]);
        }
        return projection;
    }

    private static int CountFor(double share, double[] variances, double total)
    {
        double sum = 0;
        int count = 0;
        while (count < variances.Length && sum / total <= share)
            sum += variances[count++];
        return count;
    }

    private static Matrix<double> Covariance(Matrix centered, CancellationToken cancellationToken)
    {
        // Chunks of rows are summed in float32, chunks in double.
        const int ChunkRows = 1024;
        int d = centered.Columns;
        double[] sums = new double[checked(d * d)];
        for (int start = 0; start < centered.Rows; start += ChunkRows)
        {
            int count = Math.Min(ChunkRows, centered.Rows - start);
            var chunk = new Matrix(count, d, centered.Memory.Slice(start * d, count * d));
            var part = Gemm.Multiply(chunk.Transpose(), Gemm.Padded(chunk), cancellationToken);
            for (int i = 0; i < d; i++)
            {
                var row = part.Row(i);
                for (int j = 0; j < d; j++)
                    sums[i * d + j] += row[j];
            }
        }
        double scale = 1.0 / Math.Max(1, centered.Rows - 1);
        // The upper half stands for both, so that the matrix is symmetric to the bit.
        return Matrix<double>.Build.Dense(d, d, (i, j) => scale * sums[Math.Min(i, j) * d + Math.Max(i, j)]);
    }
}
