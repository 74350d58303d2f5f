using FsCheck;
using FsCheck.Fluent;
using Orrery.Training.Features;
using Orrery.Training.Solvers;

namespace Orrery.Training.Tests.Solvers;

public sealed class GemmTests
{
    [Fact]
    public void Multiplies_matrices_of_any_shape()
    {
        // Around the tile of 6 (or 3) x 32, the slab of 256 and the task of 96 rows.
        var shapes =
            from m in Gen.Choose(1, 200)
            from n in Gen.Choose(1, 100)
            from k in Gen.OneOf(Gen.Choose(1, 40), Gen.Choose(250, 520))
            from seed in Gen.Choose(0, int.MaxValue)
            select (m, n, k, seed);
        var property = Prop.ForAll(shapes.ToArbitrary(), shape =>
        {
            var (m, n, k, seed) = shape;
            var random = new Random(seed);
            Matrix left = Numbers.Random(random, m, k), right = Numbers.Random(random, k, n);

            var product = FeatureMap.Times(left, right, CancellationToken.None);

            for (int i = 0; i < m; i += 7)
            {
                for (int j = 0; j < n; j += 5)
                {
                    double sum = 0;
                    for (int p = 0; p < k; p++)
                        sum += (double)left.Row(i)[p] * right.Row(p)[j];
                    if (Math.Abs(sum - product.Row(i)[j]) > 1e-5 * k)
                        return false;
                }
            }
            return (product.Rows, product.Columns) == (m, n);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40), property);
    }

    [Fact]
    public void A_row_has_the_same_bits_wherever_it_falls()
    {
        var random = new Random(1);
        Matrix rows = Numbers.Random(random, 100, 300), right = Gemm.Padded(Numbers.Random(random, 300, 40));
        var together = Gemm.Multiply(rows, right);

        for (int row = 0; row < rows.Rows; row++)
            Assert.Equal(Gemm.Multiply(rows.Gather([row]), right).Values, together.Row(row));
    }
}
