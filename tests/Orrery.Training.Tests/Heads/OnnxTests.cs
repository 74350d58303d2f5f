using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Tests.Heads;

/// <summary>The graph of a head answers in ONNX Runtime as the head itself.</summary>
public sealed class OnnxTests
{
    private static readonly Fixtures.LearnedRows Data = Fixtures.Read<Fixtures.LearnedRows>("heads", "rows.json");
    private static readonly string[] Names = ["card arrival", "Überweisung", "日本語"];

    public static TheoryData<HeadKind, int, bool, string, bool> Heads()
    {
        var data = new TheoryData<HeadKind, int, bool, string, bool>();
        foreach (var kind in new[] { HeadKind.Logistic, HeadKind.LinearSvm, HeadKind.RbfSvm, HeadKind.OneClass })
        {
            foreach (int classes in kind == HeadKind.OneClass ? new[] { 2 } : [2, 3])
            {
                data.Add(kind, classes, false, "none", false);
                data.Add(kind, classes, true, "none", false);
                data.Add(kind, classes, false, "4", true);
                data.Add(kind, classes, true, "0.9", false);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void The_graph_gives_the_heads_labels_and_probabilities(HeadKind kind, int classes, bool standardize, string pca, bool whiten)
    {
        var options = new HeadOptions
        {
            Kind = kind,
            Standardize = standardize,
            PcaComponents = pca == "4" ? 4 : null,
            PcaVariance = pca == "0.9" ? 0.9 : null,
            Whiten = whiten,
        };
        var head = Fit(options, classes);
        string[] labels = Names[..classes];
        var rows = Fixtures.ToMatrix(Data.HeldOut);

        using var run = new OnnxRun(Write(head, labels));

        var expected = head.Probabilities(rows);
        var actual = run.Probabilities(rows);
        Assert.Equal((rows.Rows, classes), (actual.Rows, actual.Columns));
        string[] told = run.Labels(rows);
        for (int row = 0; row < rows.Rows; row++)
        {
            int best = 0;
            for (int c = 0; c < classes; c++)
            {
                Assert.InRange(actual.Row(row)[c] - expected.Row(row)[c], -1e-5f, 1e-5f);
                best = actual.Row(row)[c] > actual.Row(row)[best] ? c : best;
            }
            Assert.Equal(labels[best], told[row]);
        }
    }

    [Fact]
    public void Far_away_rows_have_probabilities_too()
    {
        var far = new Matrix(2, 7);
        far.Row(0).Fill(1e6f);
        far.Row(1).Fill(-1e6f);
        foreach (var kind in Enum.GetValues<HeadKind>())
        {
            var head = Fit(new HeadOptions { Kind = kind }, 3);
            using var run = new OnnxRun(Write(head, Names[..head.Classes]));

            foreach (var probabilities in new[] { head.Probabilities(far), run.Probabilities(far) })
            {
                for (int row = 0; row < far.Rows; row++)
                    Assert.InRange(probabilities.Row(row).ToArray().Sum(), 0.9999f, 1.0001f);
            }
        }
    }

    [Fact]
    public void The_graph_names_its_inputs_outputs_and_producer()
    {
        using var run = new OnnxRun(Write(Fit(new HeadOptions(), 3), Names));

        var input = Assert.Single(run.Session.Inputs);
        Assert.Equal("embedding", input.Name);
        Assert.Equal([-1L, 7], input.Shape.ToArray());
        Assert.Equal(["label", "probabilities"], run.Session.Outputs.Select(output => output.Name));
        Assert.Equal([-1L, 3], run.Session.Outputs[1].Shape.ToArray());
        Assert.Equal("Orrery", run.Session.Metadata.ProducerName);
        Assert.Equal("Logistic", run.Session.Metadata.CustomMetadataMap["orrery.head"]);
    }

    [Fact]
    public void An_empty_batch_gives_empty_answers()
    {
        using var run = new OnnxRun(Write(Fit(new HeadOptions { Kind = HeadKind.RbfSvm }, 3), Names));

        Assert.Equal(0, run.Probabilities(new Matrix(0, 7)).Rows);
        Assert.Empty(run.Labels(new Matrix(0, 7)));
    }

    [Theory]
    [InlineData(HeadKind.Logistic)]
    [InlineData(HeadKind.LinearSvm)]
    [InlineData(HeadKind.RbfSvm)]
    [InlineData(HeadKind.OneClass)]
    public void The_same_seed_gives_the_same_bytes(HeadKind kind)
    {
        var options = new HeadOptions { Kind = kind, PcaVariance = 0.95, Whiten = true, Seed = 7 };
        string[] labels = Names[..(kind == HeadKind.OneClass ? 2 : 3)];

        byte[] first = Write(Fit(options, 3), labels), second = Write(Fit(options, 3), labels);

        Assert.Equal(first, second);
        if (kind is HeadKind.LinearSvm or HeadKind.RbfSvm)
            Assert.NotEqual(first, Write(Fit(options with { Seed = 8 }, 3), labels));
    }

    [Fact]
    public void Refuses_labels_that_do_not_fit_the_classes()
    {
        var head = Fit(new HeadOptions(), 3);

        var error = Assert.Throws<ArgumentException>(() => head.WriteOnnx(Stream.Null, ["a", "b"]));

        Assert.Contains("2 labels for 3 classes", error.Message);
    }

    private static FittedHead Fit(HeadOptions options, int classes)
    {
        var (rows, labels) = Data.First(classes);
        var fit = HeadTrainer.Fit(rows, labels, classes, options);
        Assert.Null(fit.Error);
        return fit.Value!;
    }

    private static byte[] Write(FittedHead head, string[] labels)
    {
        using var stream = new MemoryStream();
        head.WriteOnnx(stream, labels);
        return stream.ToArray();
    }
}
