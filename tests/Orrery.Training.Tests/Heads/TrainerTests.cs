using FsCheck;
using FsCheck.Fluent;
using Orrery.Training.Features;
using Orrery.Training.Heads;
using Orrery.Training.Tests.Solvers;

namespace Orrery.Training.Tests.Heads;

public sealed class TrainerTests
{
    [Fact]
    public void Probabilities_of_a_row_sum_to_1()
    {
        var cases =
            from kind in Gen.Elements(Enum.GetValues<HeadKind>())
            from classes in Gen.Choose(2, 5)
            from rows in Gen.Choose(20, 60)
            from c in Gen.Elements(0.01, 1, 100)
            from seed in Gen.Choose(0, int.MaxValue)
            select (kind, classes, rows, c, seed);
        var property = Prop.ForAll(cases.ToArbitrary(), given =>
        {
            var (rows, labels) = Numbers.Clusters(given.seed, given.rows, 6, given.classes);
            var head = HeadTrainer.Fit(rows, labels, given.classes, new HeadOptions { Kind = given.kind, C = given.c }).Value!;
            var probabilities = head.Probabilities(Numbers.Random(new Random(given.seed), 50, 6));
            for (int row = 0; row < probabilities.Rows; row++)
            {
                double sum = 0;
                foreach (float value in probabilities.Row(row))
                {
                    if (!(value >= 0 && value <= 1))
                        return false;
                    sum += value;
                }
                if (Math.Abs(sum - 1) > 1e-6)
                    return false;
            }
            return probabilities.Columns == (given.kind == HeadKind.OneClass ? 2 : given.classes);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), property);
    }

    [Theory]
    [InlineData(HeadKind.Logistic, 1e-8)]
    [InlineData(HeadKind.LinearSvm, 1e-7)]
    [InlineData(HeadKind.RbfSvm, 1e-7)]
    [InlineData(HeadKind.OneClass, 1e-7)]
    public void The_order_of_rows_is_of_no_account(HeadKind kind, double tolerance)
    {
        var options = new HeadOptions { Kind = kind, Tolerance = tolerance, PcaComponents = 6 };
        for (int seed = 0; seed < 5; seed++)
        {
            var (rows, labels) = Numbers.Clusters(seed, 90, 8, 3);
            int[] order = [.. Enumerable.Range(0, 90)];
            new Random(seed).Shuffle(order);

            var one = HeadTrainer.Fit(rows, labels, 3, options).Value!.DecisionValues(rows);
            var other = HeadTrainer.Fit(rows.Gather(order), [.. order.Select(row => labels[row])], 3, options).Value!.DecisionValues(rows);

            for (int i = 0; i < one.Values.Length; i++)
                Assert.InRange(one.Values[i] - other.Values[i], -1e-4f, 1e-4f);
        }
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    public void The_contamination_of_the_training_rows_lies_outside(double contamination)
    {
        var (rows, _) = Numbers.Clusters(9, 400, 10, 3);

        var head = HeadTrainer.Fit(rows, [], 0, new HeadOptions { Kind = HeadKind.OneClass, Contamination = contamination }).Value!;

        float[] decisions = head.DecisionValues(rows).Values.ToArray();
        var probabilities = head.Probabilities(rows);
        Assert.Equal((int)(contamination * 400), decisions.Count(value => value < 0));
        for (int row = 0; row < 400; row++)
            Assert.Equal(decisions[row] < 0, probabilities.Row(row)[1] > 0.5f);
    }

    [Fact]
    public void An_outlier_is_less_likely_an_inlier_the_farther_it_is()
    {
        var (rows, _) = Numbers.Clusters(10, 200, 4, 1, noise: 0.3);
        var head = HeadTrainer.Fit(rows, [], 0, new HeadOptions { Kind = HeadKind.OneClass }).Value!;
        var away = new Matrix(2, 4);
        away.Row(1).Fill(30);
        rows.Row(0).CopyTo(away.Row(0));

        var probabilities = head.Probabilities(away);

        Assert.True(probabilities.Row(1)[1] > 0.9f);
        Assert.True(probabilities.Row(1)[1] > probabilities.Row(0)[1]);
    }

    [Fact]
    public void Calibrated_probabilities_are_near_the_shares_of_right_answers()
    {
        var (rows, labels) = Numbers.Clusters(11, 3000, 5, 2, noise: 3);
        int[] first = [.. Enumerable.Range(0, 1000)], rest = [.. Enumerable.Range(1000, 2000)];
        foreach (var kind in new[] { HeadKind.LinearSvm, HeadKind.RbfSvm })
        {
            var head = HeadTrainer.Fit(rows.Gather(first), labels[..1000], 2, new HeadOptions { Kind = kind }).Value!;
            var probabilities = head.Probabilities(rows.Gather(rest));
            for (int band = 2; band < 8; band++)
            {
                int[] inside = [.. rest.Where(row => (int)(probabilities.Row(row - 1000)[1] * 10) == band)];
                if (inside.Length < 100)
                    continue;
                double share = inside.Count(row => labels[row] == 1) / (double)inside.Length;
                Assert.InRange(share, band / 10.0 - 0.12, (band + 1) / 10.0 + 0.12);
            }
        }
    }

    [Theory]
    [InlineData(HeadKind.Logistic)]
    [InlineData(HeadKind.LinearSvm)]
    [InlineData(HeadKind.RbfSvm)]
    public void Balanced_weights_find_more_of_a_rare_class(HeadKind kind)
    {
        var (rows, labels) = Numbers.Clusters(15, 600, 4, 12, noise: 1.5);
        labels = [.. labels.Select(label => label == 0 ? 1 : 0)];
        int Found(bool balanced)
        {
            var probabilities = HeadTrainer.Fit(rows, labels, 2, new HeadOptions { Kind = kind, Balanced = balanced }).Value!.Probabilities(rows);
            return Enumerable.Range(0, 600).Count(row => labels[row] == 1 && probabilities.Row(row)[1] > 0.5f);
        }

        Assert.True(Found(balanced: true) > 2 * Found(balanced: false));
    }

    [Fact]
    public void Progress_rises_to_1()
    {
        var (rows, labels) = Numbers.Clusters(12, 100, 5, 3);
        foreach (var kind in Enum.GetValues<HeadKind>())
        {
            var seen = new Recorder();

            HeadTrainer.Fit(rows, labels, 3, new HeadOptions { Kind = kind, PcaComponents = 3 }, seen);

            Assert.Equal(seen.Shares.Order(), seen.Shares);
            Assert.Equal(0, seen.Shares[0]);
            Assert.Equal(1, seen.Shares[^1]);
            Assert.True(seen.Shares.Count > 2);
        }
    }

    [Fact]
    public void Ends_when_it_is_cancelled()
    {
        var (rows, labels) = Numbers.Clusters(13, 300, 5, 3);
        foreach (var kind in Enum.GetValues<HeadKind>())
        {
            using var source = new CancellationTokenSource();
            var progress = new Recorder(() => source.Cancel());

            Assert.ThrowsAny<OperationCanceledException>(
                () => HeadTrainer.Fit(rows, labels, 3, new HeadOptions { Kind = kind }, progress, source.Token));
        }
    }

    [Fact]
    public void Refuses_embeddings_of_another_width()
    {
        var (rows, labels) = Numbers.Clusters(14, 40, 5, 2);
        var head = HeadTrainer.Fit(rows, labels, 2, new HeadOptions()).Value!;

        var error = Assert.Throws<ArgumentException>(() => head.Probabilities(new Matrix(1, 6)));

        Assert.Contains("6 numbers for a head of 5", error.Message);
    }

    /// <summary>Remembers what it is told, at once and on the teller's thread.</summary>
    internal sealed class Recorder(Action? then = null) : IProgress<TrainingProgress>
    {
        internal List<double> Shares { get; } = [];

        internal List<string> Stages { get; } = [];

        public void Report(TrainingProgress value)
        {
            Shares.Add(value.Share);
            Stages.Add(value.Stage);
            then?.Invoke();
        }
    }
}
