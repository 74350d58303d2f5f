using System.Numerics.Tensors;
using Orrery.Training.Features;
using Orrery.Training.Solvers;

namespace Orrery.Training.Heads;

/// <summary>A trained head: embeddings in, a probability a class out.</summary>
public sealed class FittedHead
{
    // Rows scored at once: bounds the memory for their kernel with all support vectors.
    private const int BlockRows = 1024;

    internal FittedHead(HeadKind kind, int dimensions, int classes, FeatureMap features, Solution solution) =>
        (Kind, Dimensions, Classes, Features, Solution) = (kind, dimensions, classes, features, solution);

    /// <summary>The kind of the head.</summary>
    public HeadKind Kind { get; }

    /// <summary>The numbers of an embedding.</summary>
    public int Dimensions { get; }

    /// <summary>The number of classes; of a one-class head 2, inlier and outlier.</summary>
    public int Classes { get; }

    /// <summary>The number of support vectors; 0 for a linear head.</summary>
    public int SupportVectors => Solution.Support?.Rows ?? 0;

    /// <summary>The columns after PCA, or the embedding's without.</summary>
    public int FeatureCount => Solution.Support?.Columns ?? Solution.Weights.Rows;

    /// <summary>Steps that the solver took, all machines together.</summary>
    public int Iterations => Solution.Iterations;

    /// <summary>Whether the solver reached its tolerance; when not, more iterations may give another head.</summary>
    public bool Converged => Solution.Converged;

    internal FeatureMap Features { get; }

    internal Solution Solution { get; }

    /// <summary>
    /// The scores before any probability: one column for two classes (above 0 for class 1) and for a one-class head
    /// (below 0 for outliers), otherwise a column a class.
    /// </summary>
    /// <param name="rows">Embeddings [n, <see cref="Dimensions"/>].</param>
    /// <param name="cancellationToken">Ends the scoring.</param>
    /// <exception cref="ArgumentException">The embeddings are of another width.</exception>
    public Matrix DecisionValues(Matrix rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Columns != Dimensions)
            throw new ArgumentException($"Embeddings of {rows.Columns} numbers for a head of {Dimensions}.", nameof(rows));
        var result = new Matrix(rows.Rows, Solution.Intercepts.Length);
        for (int start = 0; start < rows.Rows; start += BlockRows)
        {
            int count = Math.Min(BlockRows, rows.Rows - start);
            var block = new Matrix(count, rows.Columns, rows.Memory.Slice(start * rows.Columns, count * rows.Columns));
            var scores = FeatureMap.Times(Inputs(block, cancellationToken), Solution.Weights, cancellationToken);
            for (int row = 0; row < count; row++)
                TensorPrimitives.Add(scores.Row(row), Solution.Intercepts, result.Row(start + row));
        }
        return result;
    }

    /// <summary>Probabilities [n, <see cref="Classes"/>] whose rows sum to 1; of a one-class head inlier, then outlier.</summary>
    /// <inheritdoc cref="DecisionValues"/>
    public Matrix Probabilities(Matrix rows, CancellationToken cancellationToken = default)
    {
        var scores = DecisionValues(rows, cancellationToken);
        var result = new Matrix(scores.Rows, Classes);
        double[] logs = new double[Classes];
        for (int row = 0; row < scores.Rows; row++)
        {
            var values = scores.Row(row);
            if (Solution.Calibration is not { } sigmoids)
            {
                for (int c = 0; c < logs.Length; c++)
                    logs[c] = values[c];
            }
            else if (sigmoids.Length == 1)
            {
                double z = sigmoids[0].A * values[0] + sigmoids[0].B;
                (logs[0], logs[1]) = (LogSigmoid(z), LogSigmoid(-z));
            }
            else
            {
                for (int c = 0; c < logs.Length; c++)
                    logs[c] = LogSigmoid(-(sigmoids[c].A * values[c] + sigmoids[c].B));
            }
            Normalize(logs, result.Row(row));
        }
        return result;
    }

    /// <summary>
    /// Writes the head as an ONNX graph of core operators (opset 17): input <c>embedding</c> float32 [N, <see cref="Dimensions"/>],
    /// outputs <c>label</c>, string [N], and <c>probabilities</c>, float32 [N, <see cref="Classes"/>]. The same head and
    /// labels give the same bytes.
    /// </summary>
    /// <param name="stream">Where it goes; stays open.</param>
    /// <param name="labels">The name of each class, in the order of the training's classes; <c>inlier</c> and <c>outlier</c> are a one-class head's.</param>
    /// <exception cref="ArgumentException">There are not as many labels as classes.</exception>
    public void WriteOnnx(Stream stream, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count != Classes)
            throw new ArgumentException($"{labels.Count} labels for {Classes} classes.", nameof(labels));
        HeadGraph.Build(this, labels).WriteTo(stream);
    }

    private Matrix Inputs(Matrix rows, CancellationToken cancellationToken)
    {
        var inputs = Features.Apply(rows, cancellationToken);
        if (Solution.Support is not { } support)
            return inputs;
        float[] norms = KernelRows.Norms(support, support.Rows), own = KernelRows.Norms(inputs, inputs.Rows);
        var kernel = FeatureMap.Times(inputs, support.Transpose(), cancellationToken);
        for (int row = 0; row < kernel.Rows; row++)
            KernelRows.FromProducts(kernel.Row(row), own[row], norms, Solution.Gamma);
        return kernel;
    }

    private static double LogSigmoid(double z) => Math.Min(z, 0) - Math.Log(1 + Math.Exp(-Math.Abs(z)));

    private static void Normalize(double[] logs, Span<float> probabilities)
    {
        double largest = logs.Max(), sum = 0;
        for (int c = 0; c < logs.Length; c++)
            sum += logs[c] = Math.Exp(logs[c] - largest);
        for (int c = 0; c < logs.Length; c++)
            probabilities[c] = (float)(logs[c] / sum);
    }
}
