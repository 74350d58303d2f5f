using Orrery.Engine.OnnxRuntime;

namespace Orrery.Training.Tests.Heads;

/// <summary>The committed graphs of scikit-learn pipelines give scikit-learn's answers in ONNX Runtime.</summary>
public sealed class SklearnGraphTests
{
    public static TheoryData<string> Names => [.. Directory.GetFiles(Fixtures.Folder("sklearn"), "*.onnx").Select(path => Path.GetFileNameWithoutExtension(path)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pipelines_graph_answers_as_the_pipeline(string name)
    {
        var rows = Fixtures.ToMatrix(Fixtures.Read<Fixtures.HeldOut>("sklearn", "rows.json").Rows);
        var expected = Fixtures.Read<Fixtures.Answer>("sklearn", name + ".json");
        using var run = new OnnxRun(File.ReadAllBytes(Path.Combine(Fixtures.Folder("sklearn"), name + ".onnx")));

        Assert.Equal(expected.Labels.Select(label => label.ToString()), run.Labels(rows, expected.Zipmap ? "output_label" : "label"));
        if (expected.Zipmap)
        {
            // A sequence of maps: no tensor, so the information names no element type.
            Assert.Equal(OrtElementType.Undefined, run.Session.Outputs.Single(info => info.Name == "output_probability").ElementType);
            return;
        }
        var scores = run.Probabilities(rows);
        var wanted = Fixtures.ToMatrix((expected.Probabilities ?? expected.Decision)!);
        Assert.Equal((wanted.Rows, wanted.Columns), (scores.Rows, scores.Columns));
        for (int i = 0; i < wanted.Values.Length; i++)
            Assert.InRange(scores.Values[i] - wanted.Values[i], -1e-4f, 1e-4f);
    }
}
