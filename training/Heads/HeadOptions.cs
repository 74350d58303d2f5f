namespace Orrery.Training.Heads;

/// <summary>The kind of a head.</summary>
public enum HeadKind
{
    /// <summary>Logistic regression with an L2 penalty: a softmax over the classes, or a sigmoid for two.</summary>
    Logistic,

    /// <summary>Linear support vector machines with squared hinge loss (scikit-learn's LinearSVC), one a class, calibrated by Platt's method.</summary>
    LinearSvm,

    /// <summary>Support vector machines with a Gaussian kernel, one a class, calibrated by Platt's method.</summary>
    RbfSvm,

    /// <summary>A one-class support vector machine with a Gaussian kernel: inlier or outlier; labels are not used.</summary>
    OneClass,
}

/// <summary>How a head is trained. Names and meanings are scikit-learn's where it has them.</summary>
public sealed record HeadOptions
{
    /// <summary>The kind of the head.</summary>
    public HeadKind Kind { get; init; } = HeadKind.Logistic;

    /// <summary>The inverse strength of the penalty, above 0. Not used by a one-class head.</summary>
    public double C { get; init; } = 1;

    /// <summary>The width of the Gaussian kernel, above 0; null for 1 / (columns * variance of all numbers), scikit-learn's <c>scale</c>.</summary>
    public double? Gamma { get; init; }

    /// <summary>Whether each column is brought to mean 0 and variance 1 before anything else.</summary>
    public bool Standardize { get; init; }

    /// <summary>Keeps as many principal components, 1 or more; at most as many as rows and columns allow are kept. Null for no PCA by count.</summary>
    public int? PcaComponents { get; init; }

    /// <summary>Keeps the fewest principal components that hold more than this share of the variance, above 0 and below 1. Null for no PCA by variance.</summary>
    public double? PcaVariance { get; init; }

    /// <summary>Whether the principal components are brought to variance 1. Needs a PCA.</summary>
    public bool Whiten { get; init; }

    /// <summary>Whether a row of a class counts rows / (classes * rows of the class).</summary>
    public bool Balanced { get; init; }

    /// <summary>How much a row of each class counts, above 0, in the order of the classes; null for 1. Not together with <see cref="Balanced"/>.</summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>The share of the training rows that a one-class head calls outliers, above 0 and at most 0.5.</summary>
    public double Contamination { get; init; } = 0.05;

    /// <summary>The seed of folds. The same rows, options and seed give the same bytes.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// When the solver ends, above 0; null for the kind's own. Logistic: the largest component of the gradient of the mean
    /// loss (1e-6). Linear machines: the spread of the dual's projected gradients (1e-4). Gaussian kernel: the largest
    /// violation of the optimality conditions (1e-3).
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>The most steps of a solver, 1 or more; null for the kind's own: 1,000 of L-BFGS, 1,000 passes over the rows, 10,000,000 of SMO.</summary>
    public int? MaxIterations { get; init; }

    /// <summary>The folds of the calibration of support vector machines, 2 or more; a class with fewer rows lowers it.</summary>
    public int CalibrationFolds { get; init; } = 5;

    /// <summary>What is wrong with these options, in words; null when nothing is.</summary>
    public string? Validate() => this switch
    {
        _ when !Enum.IsDefined(Kind) => $"kind {Kind} is unknown",
        _ when !IsPositive(C) => $"c is {C}; it must be above 0",
        _ when Gamma is { } gamma && !IsPositive(gamma) => $"gamma is {gamma}; it must be above 0",
        _ when PcaComponents < 1 => $"pca keeps {PcaComponents} components; it must keep 1 or more",
        _ when PcaVariance is { } share && !(share > 0 && share < 1) => $"pca keeps {share} of the variance; it must be above 0 and below 1",
        _ when PcaComponents is not null && PcaVariance is not null => "pca is given both as a number of components and as a share of the variance",
        _ when Whiten && PcaComponents is null && PcaVariance is null => "whiten needs a pca",
        _ when Balanced && ClassWeights is not null => "class weights are given, and balanced ones are asked for too",
        _ when ClassWeights?.All(IsPositive) == false => "a class weight must be above 0",
        _ when !(Contamination > 0 && Contamination <= 0.5) => $"contamination is {Contamination}; it must be above 0 and at most 0.5",
        _ when Tolerance is { } tolerance && !IsPositive(tolerance) => $"tolerance is {tolerance}; it must be above 0",
        _ when MaxIterations < 1 => $"max iterations is {MaxIterations}; it must be 1 or more",
        _ when CalibrationFolds < 2 => $"calibration folds is {CalibrationFolds}; it must be 2 or more",
        _ => null,
    };

    private static bool IsPositive(double value) => value > 0 && double.IsFinite(value);
}
