using System.Numerics.Tensors;
using Orrery.Training.Features;
using Orrery.Training.Selection;
using Orrery.Training.Solvers;

namespace Orrery.Training.Heads;

/// <summary>Checked labels, and how much each row counts.</summary>
internal sealed class TrainingSet
{
    private readonly int _classes;

    private TrainingSet(int[] labels, int classes, float[] rowWeights) => (Labels, _classes, RowWeights) = (labels, classes, rowWeights);

    /// <summary>The class of each row.</summary>
    internal int[] Labels { get; }

    /// <summary>How much each row counts, in every machine and in its calibration: the weight of its own class.</summary>
    internal float[] RowWeights { get; }

    /// <summary>The number of scores a row has: 1 for two classes, the score of class 1.</summary>
    internal int Outputs => _classes == 2 ? 1 : _classes;

    /// <summary>What is wrong with rows and labels; null when nothing is.</summary>
    internal static TrainingError? Check(Matrix rows, int[] labels, int classes, HeadOptions options)
    {
        if (options.Validate() is { } wrong)
            return new TrainingError(TrainingFault.Options, wrong);
        if (rows.Rows == 0 || rows.Columns == 0)
            return new TrainingError(TrainingFault.NoRows, $"there are {rows.Rows} rows of {rows.Columns} numbers");
        for (int row = 0; row < rows.Rows; row++)
        {
            if (!TensorPrimitives.IsFiniteAll<float>(rows.Row(row)))
                return new TrainingError(TrainingFault.NotFinite, $"row {row} holds a number that is not finite", row);
        }
        return options.Kind == HeadKind.OneClass ? null : CheckLabels(rows.Rows, labels, classes, options);
    }

    /// <summary>A set of checked labels.</summary>
    internal static TrainingSet Create(int[] labels, int classes, HeadOptions options)
    {
        int[] counts = StratifiedFolds.Counts(labels, classes);
        float[] ofClass = new float[classes];
        for (int c = 0; c < classes; c++)
            ofClass[c] = options.Balanced ? (float)((double)labels.Length / classes / counts[c]) : (float)(options.ClassWeights?[c] ?? 1);
        return new TrainingSet(labels, classes, Array.ConvertAll(labels, label => ofClass[label]));
    }

    /// <summary>+1 where the row is of the output's class, -1 where not.</summary>
    internal int Sign(int row, int output) => (Outputs == 1 ? Labels[row] == 1 : Labels[row] == output) ? 1 : -1;

    /// <summary>The fold of each row, so that every class is in every fold.</summary>
    internal (int[] Fold, int Count) CalibrationFolds(HeadOptions options)
    {
        int count = Math.Min(options.CalibrationFolds, StratifiedFolds.Counts(Labels, _classes).Min());
        return (StratifiedFolds.Assign(Labels, _classes, count, options.Seed), count);
    }

    /// <summary>A sigmoid for each column of out-of-fold scores.</summary>
    internal Sigmoid[] FitSigmoids(Matrix scores)
    {
        var sigmoids = new Sigmoid[Outputs];
        Parallel.For(0, Outputs, output =>
        {
            float[] column = new float[Labels.Length];
            bool[] positive = new bool[Labels.Length];
            for (int row = 0; row < column.Length; row++)
                (column[row], positive[row]) = (scores.Row(row)[output], Sign(row, output) > 0);
            sigmoids[output] = Platt.Fit(column, positive, RowWeights);
        });
        return sigmoids;
    }

    private static TrainingError? CheckLabels(int rows, int[] labels, int classes, HeadOptions options)
    {
        if (labels.Length != rows)
            return new TrainingError(TrainingFault.Labels, $"there are {labels.Length} labels for {rows} rows");
        int stray = Array.FindIndex(labels, label => (uint)label >= (uint)classes);
        if (stray >= 0)
            return new TrainingError(TrainingFault.Labels, $"row {stray} has label {labels[stray]}; there are {classes} classes, from 0", stray);
        int[] counts = StratifiedFolds.Counts(labels, classes);
        if (counts.Count(count => count > 0) < 2)
            return new TrainingError(TrainingFault.OneClass, $"all {rows} rows have class {labels[0]}; a classifier needs two classes or more", Class: labels[0]);
        if (options.ClassWeights is { } weights && weights.Count != classes)
            return new TrainingError(TrainingFault.Options, $"{weights.Count} class weights are given for {classes} classes");
        // Scores for calibration come from machines that did not see the row, so a class needs a row on both sides.
        int needed = options.Kind == HeadKind.Logistic ? 1 : 2;
        int small = Array.FindIndex(counts, count => count < needed);
        return small < 0 ? null : new TrainingError(
            TrainingFault.SmallClass, $"class {small} has {counts[small]} rows; it needs {needed} or more", Class: small);
    }
}
