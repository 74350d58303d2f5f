using Orrery.Training.Features;

namespace Orrery.Training.Tests.Features;

public sealed class MatrixTests
{
    [Fact]
    public void Lies_over_the_callers_memory()
    {
        float[] block = [1, 2, 3, 4, 5, 6];

        var matrix = new Matrix(2, 3, block);
        matrix.Row(1)[0] = 40;

        Assert.Equal(40, block[3]);
        Assert.Equal([4 * 10f, 5, 6], matrix.Row(1).ToArray());
    }

    [Fact]
    public void Refuses_a_block_of_another_length()
    {
        Assert.Throws<ArgumentException>(() => new Matrix(2, 3, new float[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Matrix(-1, 3));
    }

    [Fact]
    public void Gathers_rows_in_any_order()
    {
        var matrix = new Matrix(3, 2, new float[] { 1, 2, 3, 4, 5, 6 });

        Assert.Equal([5, 6, 1, 2, 5, 6], matrix.Gather([2, 0, 2]).Values.ToArray());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 70)]
    [InlineData(33, 32)]
    public void Transposes(int rows, int columns)
    {
        var matrix = new Matrix(rows, columns, Enumerable.Range(0, rows * columns).Select(i => (float)i).ToArray());

        var transposed = matrix.Transpose();

        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                Assert.Equal(matrix.Row(row)[column], transposed.Row(column)[row]);
        }
    }
}
