using System.Text.Json;
using Orrery.Engine.Detectors;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Tests.Support;

namespace Orrery.Engine.Tests.Detectors;

/// <summary>Heads that scikit-learn's converter wrote are taken as they are (tests/reference/sklearn_heads.py made the files).</summary>
public sealed class SklearnHeadTests
{
    private readonly OrtEnvironment _environment = OrtEnvironment.Create();

    public static TheoryData<string> Calibrated => Names(decision: false);

    public static TheoryData<string> Uncalibrated => Names(decision: true);

    [Theory]
    [MemberData(nameof(Calibrated))]
    public void Gives_the_pipelines_probabilities_under_its_classes(string name)
    {
        var (expected, rows) = Read(name);
        using var head = Load(name, decision: false);
        Assert.Equal(Texts(expected.GetProperty("classes")), head.Labels.AsEnumerable());
        var scores = Run(head, rows);
        var wanted = expected.GetProperty("probabilities").EnumerateArray().SelectMany(row => row.EnumerateArray().Select(value => value.GetSingle())).ToArray();
        Assert.Equal(wanted.Length, scores.Length);
        for (var i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], scores[i], 1e-4);
        Assert.Equal(Texts(expected.GetProperty("label")), scores.Chunk(head.Labels.Length).Select(row => head.Labels[Array.IndexOf(row, row.Max())]));
    }

    [Theory]
    [MemberData(nameof(Uncalibrated))]
    public void Takes_decision_values_for_what_they_are_only_when_told(string name)
    {
        var (expected, rows) = Read(name);
        using var head = Load(name, decision: true);
        var scores = Run(head, rows);
        Assert.All(scores, score => Assert.InRange(score, 0, 1));
        Assert.Equal(Texts(expected.GetProperty("label")), scores.Chunk(head.Labels.Length).Select(row => head.Labels[Array.IndexOf(row, row.Max())]));
        using var untold = Load(name, decision: false);
        Assert.Contains("\"decision\"", Assert.Throws<ModelFormatException>(() => untold.Prove(untold.Dimensions)).Message, StringComparison.Ordinal);
    }

    private static TheoryData<string> Names(bool decision) =>
    [
        .. Directory.GetFiles(Repository.Fixture("sklearn"), "*.onnx").Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(name => Read(name).Expected.TryGetProperty("probabilities", out _) != decision).Order(StringComparer.Ordinal),
    ];

    private static (JsonElement Expected, float[][] Rows) Read(string name)
    {
        var rows = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Repository.Fixture("sklearn", "rows.json"))).GetProperty("rows");
        return (JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Repository.Fixture("sklearn", name + ".json"))), rows.Deserialize<float[][]>()!);
    }

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(item => item.ToString());

    private static float[] Run(Head head, float[][] rows)
    {
        var scores = new float[rows.Length * head.Labels.Length];
        head.Run(rows.SelectMany(row => row).ToArray(), rows.Length, scores);
        return scores;
    }

    private Head Load(string name, bool decision) =>
        Head.Load(_environment, File.ReadAllBytes(Repository.Fixture("sklearn", name + ".onnx")), new DetectorManifest { Model = "m", ModelDigest = "", Decision = decision });
}
