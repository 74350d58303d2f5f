using System.Numerics.Tensors;
using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Solvers;

/// <summary>
/// Logistic regression: the mean loss plus its penalty, which is scikit-learn's objective <c>C sum(loss) + |w|²/2</c>
/// divided by C and the number of rows, so that a tolerance means the same for any of both. The loss is the negative
/// log-likelihood under a softmax over the outputs, or for one output log(1 + exp(-y f)) with y = 1 for class 1 and -1
/// for class 0. The variables are the weights [columns, outputs], row by row, then the intercepts [outputs], which bear
/// no penalty.
/// </summary>
internal sealed class LogisticProblem : ISmoothFunction
{
    // Rows of one task of the forward pass, columns of one of the backward pass, and rows summed in float32 before
    // they go to a double: fixed, so that the order of all additions is.
    private const int TaskRows = 96;
    private const int TaskColumns = 24;
    private const int ChunkRows = 1024;

    private readonly Matrix _rows;
    private readonly Matrix _columns;
    private readonly int[] _labels;
    private readonly float[] _rowWeights;
    private readonly int _outputs;
    private readonly double _penalty;
    private readonly ParallelOptions _parallel;
    private readonly Matrix _weights;
    private readonly float[] _intercepts;
    private readonly Matrix _scores;
    private readonly double[] _lossOfTask;
    private readonly double[] _interceptOfTask;

    /// <summary>A problem over <paramref name="rows"/> [n, d].</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="set">The class and the weight of each.</param>
    /// <param name="c">scikit-learn's C: the smaller, the stronger the penalty.</param>
    /// <param name="cancellationToken">Ends an evaluation.</param>
    internal LogisticProblem(Matrix rows, TrainingSet set, double c, CancellationToken cancellationToken)
    {
        (_rows, _labels, _rowWeights, _outputs) = (rows, set.Labels, set.RowWeights, set.Outputs);
        _columns = rows.Transpose();
        _penalty = 1 / (c * rows.Rows);
        _parallel = new ParallelOptions { CancellationToken = cancellationToken };
        int padded = Gemm.Pad(_outputs), tasks = (rows.Rows + TaskRows - 1) / TaskRows;
        _weights = new Matrix(rows.Columns, padded);
        _intercepts = new float[_outputs];
        _scores = new Matrix(rows.Rows, padded);
        _lossOfTask = new double[tasks];
        _interceptOfTask = new double[tasks * _outputs];
    }

    /// <summary>The number of variables.</summary>
    internal int Size => (_rows.Columns + 1) * _outputs;

    /// <inheritdoc/>
    public double Evaluate(ReadOnlySpan<double> x, Span<double> gradient)
    {
        Load(x);
        Parallel.For(0, _lossOfTask.Length, _parallel, Forward);
        double[] sums = new double[_rows.Columns * _outputs];
        Parallel.For(0, (_rows.Columns + TaskColumns - 1) / TaskColumns, _parallel, task => Backward(task, sums));

        double loss = 0, penalty = 0, scale = 1.0 / _rows.Rows;
        foreach (double part in _lossOfTask)
            loss += part;
        int weights = sums.Length;
        for (int i = 0; i < weights; i++)
        {
            penalty += x[i] * x[i];
            gradient[i] = sums[i] * scale + x[i] * _penalty;
        }
        for (int output = 0; output < _outputs; output++)
        {
            double sum = 0;
            for (int task = 0; task < _lossOfTask.Length; task++)
                sum += _interceptOfTask[task * _outputs + output];
            gradient[weights + output] = sum * scale;
        }
        return loss * scale + 0.5 * _penalty * penalty;
    }

    private void Load(ReadOnlySpan<double> x)
    {
        for (int column = 0; column < _rows.Columns; column++)
            TensorPrimitives.ConvertTruncating(x.Slice(column * _outputs, _outputs), _weights.Row(column)[.._outputs]);
        TensorPrimitives.ConvertTruncating(x[(_rows.Columns * _outputs)..], _intercepts);
    }

    // Scores of a block of rows, replaced by what the loss changes with each score.
    private void Forward(int task)
    {
        int start = task * TaskRows, count = Math.Min(TaskRows, _rows.Rows - start), padded = _scores.Columns;
        Gemm.Multiply(
            _rows.Values[(start * _rows.Columns)..], _rows.Columns, _weights.Values, padded,
            _scores.Values[(start * padded)..], padded, count, padded, _rows.Columns, accumulate: false);
        double loss = 0;
        var intercept = _interceptOfTask.AsSpan(task * _outputs, _outputs);
        intercept.Clear();
        for (int row = start; row < start + count; row++)
        {
            var scores = _scores.Row(row);
            float weight = _rowWeights[row];
            TensorPrimitives.Add(scores[.._outputs], _intercepts, scores[.._outputs]);
            loss += weight * (_outputs == 1 ? Logistic(scores, _labels[row]) : Softmax(scores, _labels[row]));
            TensorPrimitives.Multiply(scores, weight, scores);
            for (int output = 0; output < _outputs; output++)
                intercept[output] += scores[output];
        }
        _lossOfTask[task] = loss;
    }

    private double Softmax(Span<float> scores, int label)
    {
        // Padding takes part as scores of no weight, so that the exponential runs over whole vectors.
        scores[_outputs..].Fill(float.NegativeInfinity);
        float largest = TensorPrimitives.Max(scores[.._outputs]), own = scores[label] - largest;
        TensorPrimitives.Subtract(scores, largest, scores);
        TensorPrimitives.Exp(scores, scores);
        double sum = 0;
        foreach (float part in scores[.._outputs])
            sum += part;
        TensorPrimitives.Multiply(scores, (float)(1 / sum), scores);
        scores[label] -= 1;
        return Math.Log(sum) - own;
    }

    private static double Logistic(Span<float> scores, int label)
    {
        double score = scores[0], tail = Math.Exp(-Math.Abs(score));
        double probability = score >= 0 ? 1 / (1 + tail) : tail / (1 + tail);
        scores[0] = (float)(probability - label);
        return Math.Log(1 + tail) + Math.Max(0, score) - label * score;
    }

    // The gradient of a block of weights: columns of the rows times the residuals.
    private void Backward(int task, double[] sums)
    {
        int start = task * TaskColumns, count = Math.Min(TaskColumns, _rows.Columns - start), padded = _scores.Columns;
        var part = new Matrix(count, padded);
        for (int row = 0; row < _rows.Rows; row += ChunkRows)
        {
            int chunk = Math.Min(ChunkRows, _rows.Rows - row);
            Gemm.Multiply(
                _columns.Values[(start * _rows.Rows + row)..], _rows.Rows, _scores.Values[(row * padded)..], padded,
                part.Values, padded, count, padded, chunk, accumulate: false);
            for (int column = 0; column < count; column++)
            {
                var from = part.Row(column);
                var to = sums.AsSpan((start + column) * _outputs, _outputs);
                for (int output = 0; output < _outputs; output++)
                    to[output] += from[output];
            }
        }
    }
}
