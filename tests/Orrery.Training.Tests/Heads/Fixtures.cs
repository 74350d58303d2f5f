using System.Text.Json;
using System.Text.Json.Serialization;
using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Selection;

namespace Orrery.Training.Tests.Heads;

/// <summary>What other implementations answered: tests/fixtures, written by tests/reference.</summary>
internal static class Fixtures
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    internal static string Folder(string name) => Path.Combine(FindRoot(), "tests", "fixtures", name);

    internal static T Read<T>(string folder, string file) =>
        JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(Folder(folder), file)), Json)!;

    internal static Matrix ToMatrix(float[][] rows)
    {
        var matrix = new Matrix(rows.Length, rows[0].Length);
        for (int row = 0; row < rows.Length; row++)
            rows[row].CopyTo(matrix.Row(row));
        return matrix;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("Cluster.sln is in no folder above the tests.");
        return folder.FullName;
    }

    /// <summary>tests/fixtures/heads/rows.json: rows to learn from, their classes, rows to predict.</summary>
    internal sealed record LearnedRows(float[][] Rows, int[] Labels, float[][] HeldOut)
    {
        /// <summary>The rows of the first classes.</summary>
        internal (Matrix Rows, int[] Labels) First(int classes)
        {
            int[] kept = [.. Enumerable.Range(0, Labels.Length).Where(row => Labels[row] < classes)];
            return (ToMatrix(Rows).Gather(kept), [.. kept.Select(row => Labels[row])]);
        }
    }

    /// <summary>tests/fixtures/heads/cases.json.</summary>
    internal sealed record Cases(HeadCase[] Heads, SigmoidCase[] Sigmoids);

    /// <summary>What scikit-learn learns with some options.</summary>
    internal sealed record HeadCase(
        string Name, int Classes, Dictionary<string, string> Options, double[]? ClassWeights, int[]? Label,
        float[][] Decision, float[][]? Probabilities, float[][]? Coefficients, float[]? Intercepts)
    {
        /// <summary>The options, with tolerances far below the defaults.</summary>
        internal HeadOptions Exact()
        {
            var options = new HeadOptions { ClassWeights = ClassWeights };
            foreach (var (name, value) in Options)
                options = HeadGrid.Set(options, name, value).Value!;
            return options with { Tolerance = options.Kind == HeadKind.Logistic ? 1e-8 : 1e-7, MaxIterations = 1_000_000 };
        }
    }

    /// <summary>The sigmoid that scikit-learn calibrates some scores with.</summary>
    internal sealed record SigmoidCase(float[] Scores, bool[] Positive, float[] Weights, double A, double B);

    /// <summary>The rows of tests/fixtures/sklearn.</summary>
    internal sealed record HeldOut(float[][] Rows);

    /// <summary>What a scikit-learn pipeline answers for them; labels are strings or ints.</summary>
    internal sealed record Answer(bool Zipmap, [property: JsonPropertyName("label")] JsonElement[] Labels, float[][]? Probabilities, float[][]? Decision);
}
