using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.Http;

namespace Orrery.Api.Tests.Http;

public sealed class FloatTextTests
{
    [Fact]
    public void Every_finite_float_reads_back_as_itself() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), bits => ReadsBack(BitConverter.Int32BitsToSingle(bits * 40503)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100_000));

    [Fact]
    public void Every_component_of_an_embedding_reads_back_as_itself() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => ReadsBack((float)((new Random(seed).NextDouble() * 2) - 1)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100_000));

    [Theory]
    [InlineData(0f, "0")]
    [InlineData(1f, "1")]
    [InlineData(-1f, "-1")]
    [InlineData(0.5f, "0.5")]
    [InlineData(-0.0625f, "-0.0625")]
    [InlineData(12345.5f, "12345.5")]
    [InlineData(0.99999994f, "0.99999994")]
    [InlineData(9999999f, "9999999")]
    public void Writes_short_numbers_short(float value, string text) => Assert.Equal(text, Write(value));

    [Fact]
    public void Decades_and_their_neighbours_read_back()
    {
        for (var power = 1e-7f; power < 1e9f; power *= 10)
        {
            foreach (var value in (float[])[power, MathF.BitIncrement(power), MathF.BitDecrement(power), -power])
                Assert.True(ReadsBack(value), value.ToString("R", CultureInfo.InvariantCulture));
        }
    }

    private static bool ReadsBack(float value)
    {
        if (!float.IsFinite(value))
            return true;
        var text = Write(value);
        using var json = JsonDocument.Parse(text);
        return BitConverter.SingleToInt32Bits(json.RootElement.GetSingle()) == BitConverter.SingleToInt32Bits(value);
    }

    private static string Write(float value)
    {
        Span<byte> target = stackalloc byte[FloatText.MaxBytes];
        return Encoding.ASCII.GetString(target[..FloatText.Write(value, target)]);
    }
}
