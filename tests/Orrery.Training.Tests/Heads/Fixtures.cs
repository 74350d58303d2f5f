using System.Text.Json;
using System.Text.Json.Serialization;
using Orrery.Training.Features;

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

    /// <summary>The rows of tests/fixtures/sklearn.</summary>
    internal sealed record HeldOut(float[][] Rows);

    /// <summary>What a scikit-learn pipeline answers for them; labels are strings or ints.</summary>
    internal sealed record Answer(bool Zipmap, [property: JsonPropertyName("label")] JsonElement[] Labels, float[][]? Probabilities, float[][]? Decision);
}
