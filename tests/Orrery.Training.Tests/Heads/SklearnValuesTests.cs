using Orrery.Training.Features;
using Orrery.Training.Heads;

namespace Orrery.Training.Tests.Heads;

/// <summary>Heads hold what scikit-learn learns from the same rows, within 1e-3 (mostly far less).</summary>
public sealed class SklearnValuesTests
{
    private const float Tolerance = 1e-3f;

    private static readonly Fixtures.LearnedRows Data = Fixtures.Read<Fixtures.LearnedRows>("heads", "rows.json");
    private static readonly Fixtures.HeadCase[] Cases = Fixtures.Read<Fixtures.Cases>("heads", "cases.json").Heads;

    public static TheoryData<string> Classifiers => [.. Cases.Where(c => c.Label is not null).Select(c => c.Name)];

    public static TheoryData<string> Linear => [.. Cases.Where(c => c.Coefficients is not null).Select(c => c.Name)];

    public static TheoryData<string> OutlierDetectors => [.. Cases.Where(c => c.Label is null).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void Decides_as_scikit_learn(string name)
    {
        var (expected, head) = Fit(name);
        var heldOut = Fixtures.ToMatrix(Data.HeldOut);

        var decision = head.DecisionValues(heldOut);

        AssertNear(Fixtures.ToMatrix(expected.Decision), decision);
        Assert.Equal(expected.Label, Enumerable.Range(0, decision.Rows).Select(row => Winner(decision.Row(row))));
        if (expected.Probabilities is not null)
            AssertNear(Fixtures.ToMatrix(expected.Probabilities), head.Probabilities(heldOut));
    }

    [Theory]
    [MemberData(nameof(Linear))]
    public void Learns_the_coefficients_of_scikit_learn(string name)
    {
        var (expected, head) = Fit(name);

        AssertNear(Fixtures.ToMatrix(expected.Coefficients!), head.Solution.Weights.Transpose());
        AssertNear(Fixtures.ToMatrix([expected.Intercepts!]), new Matrix(1, head.Solution.Intercepts.Length, head.Solution.Intercepts));
    }

    [Theory]
    [MemberData(nameof(OutlierDetectors))]
    public void Orders_outliers_as_scikit_learn(string name)
    {
        var (expected, head) = Fit(name);

        var decision = head.DecisionValues(Fixtures.ToMatrix(Data.HeldOut));

        // Only the threshold is another: ours leaves the contamination outside exactly.
        float shift = decision.Values[0] - expected.Decision[0][0];
        for (int row = 0; row < decision.Rows; row++)
            Assert.InRange(decision.Values[row] - expected.Decision[row][0] - shift, -Tolerance, Tolerance);
    }

    private static (Fixtures.HeadCase Case, FittedHead Head) Fit(string name)
    {
        var expected = Cases.Single(c => c.Name == name);
        var (rows, labels) = Data.First(expected.Classes);
        var fit = HeadTrainer.Fit(rows, labels, expected.Classes, expected.Exact());
        Assert.Null(fit.Error);
        return (expected, fit.Value!);
    }

    private static int Winner(ReadOnlySpan<float> decision)
    {
        if (decision.Length == 1)
            return decision[0] > 0 ? 1 : 0;
        int best = 0;
        for (int c = 1; c < decision.Length; c++)
            best = decision[c] > decision[best] ? c : best;
        return best;
    }

    private static void AssertNear(Matrix expected, Matrix actual)
    {
        Assert.Equal((expected.Rows, expected.Columns), (actual.Rows, actual.Columns));
        float worst = 0;
        for (int i = 0; i < expected.Values.Length; i++)
            worst = Math.Max(worst, Math.Abs(expected.Values[i] - actual.Values[i]));
        Assert.InRange(worst, 0, Tolerance);
    }
}
