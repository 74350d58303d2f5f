using System.Globalization;
using Orrery.Training.Heads;

namespace Orrery.Training.Selection;

/// <summary>A combination of a grid.</summary>
/// <param name="Name">What it sets, such as <c>c=10 gamma=scale</c>; <c>defaults</c> when it sets nothing.</param>
/// <param name="Options">The options with that set.</param>
public sealed record GridPoint(string Name, HeadOptions Options);

/// <summary>Options by name, and all combinations of their values.</summary>
public static class HeadGrid
{
    /// <summary>
    /// The names: kind (logistic, linear-svm, rbf-svm, one-class), c, gamma (a number or scale), pca (a count, a share
    /// below 1, or none), whiten, standardize, balanced (true or false), contamination, tolerance, max-iterations.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } =
        ["kind", "c", "gamma", "pca", "whiten", "standardize", "balanced", "contamination", "tolerance", "max-iterations"];

    /// <summary>The name of a kind, as <see cref="Set"/> reads it.</summary>
    public static string NameOf(HeadKind kind) => kind switch
    {
        HeadKind.Logistic => "logistic",
        HeadKind.LinearSvm => "linear-svm",
        HeadKind.RbfSvm => "rbf-svm",
        _ => "one-class",
    };

    /// <summary>Options with one of them set by name.</summary>
    /// <param name="options">The options.</param>
    /// <param name="name">One of <see cref="Names"/>, in any case.</param>
    /// <param name="value">Its value, numbers in the invariant culture.</param>
    /// <returns>The options, or which name or value is wrong. Ranges are checked by <see cref="HeadOptions.Validate"/>.</returns>
    public static TrainingResult<HeadOptions> Set(HeadOptions options, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        name = name.ToLowerInvariant();
        var set = name switch
        {
            "kind" => Enum.GetValues<HeadKind>().Where(kind => NameOf(kind) == value).Select(kind => options with { Kind = kind }).FirstOrDefault(),
            "c" => Number(value) is { } c ? options with { C = c } : null,
            "gamma" when value == "scale" => options with { Gamma = null },
            "gamma" => Number(value) is { } gamma ? options with { Gamma = gamma } : null,
            "pca" => Pca(options, value),
            "whiten" => Flag(value) is { } whiten ? options with { Whiten = whiten } : null,
            "standardize" => Flag(value) is { } standardize ? options with { Standardize = standardize } : null,
            "balanced" => Flag(value) is { } balanced ? options with { Balanced = balanced } : null,
            "contamination" => Number(value) is { } contamination ? options with { Contamination = contamination } : null,
            "tolerance" => Number(value) is { } tolerance ? options with { Tolerance = tolerance } : null,
            "max-iterations" => Count(value) is { } iterations ? options with { MaxIterations = iterations } : null,
            _ => null,
        };
        if (set is not null)
            return set;
        return new TrainingError(TrainingFault.Options, Names.Contains(name)
            ? $"{name} cannot be '{value}'"
            : $"there is no option '{name}'; there are {string.Join(", ", Names)}");
    }

    /// <summary>All combinations of the values of some options, the last option varying fastest.</summary>
    /// <param name="options">What holds for all.</param>
    /// <param name="grid">Names and the values each takes.</param>
    /// <returns>The combinations, each valid, or what is wrong.</returns>
    public static TrainingResult<IReadOnlyList<GridPoint>> Expand(
        HeadOptions options, IReadOnlyList<(string Name, IReadOnlyList<string> Values)> grid)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(grid);
        List<GridPoint> points = [new("", options)];
        foreach (var (name, values) in grid)
        {
            if (values.Count == 0)
                return new TrainingError(TrainingFault.Options, $"{name} has no values");
            List<GridPoint> next = [];
            foreach (var point in points)
            {
                foreach (string value in values)
                {
                    var set = Set(point.Options, name, value);
                    if (!set.Succeeded)
                        return set.Error;
                    next.Add(new GridPoint($"{point.Name} {name.ToLowerInvariant()}={value}".TrimStart(), set.Value));
                }
            }
            points = next;
        }
        foreach (var point in points)
        {
            if (point.Options.Validate() is { } wrong)
                return new TrainingError(TrainingFault.Options, point.Name.Length == 0 ? wrong : $"{point.Name}: {wrong}");
        }
        return points.ConvertAll(point => point.Name.Length == 0 ? point with { Name = "defaults" } : point);
    }

    // A whole number is a count; a number below 1 a share of the variance.
    private static HeadOptions? Pca(HeadOptions options, string value)
    {
        if (value == "none")
            return options with { PcaComponents = null, PcaVariance = null };
        if (Count(value) is { } count)
            return options with { PcaComponents = count, PcaVariance = null };
        return Number(value) is { } share ? options with { PcaComponents = null, PcaVariance = share } : null;
    }

    private static double? Number(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    private static int? Count(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static bool? Flag(string value) => bool.TryParse(value, out bool flag) ? flag : null;
}
