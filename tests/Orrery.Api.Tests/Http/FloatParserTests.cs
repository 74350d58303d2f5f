using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.Http;

namespace Orrery.Api.Tests.Http;

public sealed class FloatParserTests
{
    [Fact]
    public void Reads_the_shortest_form_of_every_float_as_that_float() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), bits => Agrees(BitConverter.Int32BitsToSingle(bits * 40503).ToString("R", CultureInfo.InvariantCulture)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100_000));

    [Fact]
    public void Reads_doubles_as_the_nearest_float() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => Agrees(((new Random(seed).NextDouble() * 2) - 1).ToString("R", CultureInfo.InvariantCulture)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100_000));

    /// <summary>The hard cases: the exact decimal of the middle between two floats, and its neighbours in the last digit.</summary>
    [Fact]
    public void Reads_what_lies_at_the_middle_between_two_floats_as_the_even_one() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var low = (float)(random.NextDouble() * Math.Pow(10, random.Next(-6, 7)));
            var middle = ((double)low + MathF.BitIncrement(low)) / 2;
            var digits = ((decimal)low + ((decimal)MathF.BitIncrement(low) - (decimal)low) / 2).ToString(CultureInfo.InvariantCulture);
            return Agrees(middle.ToString("F60", CultureInfo.InvariantCulture)) && Agrees(middle.ToString("R", CultureInfo.InvariantCulture)) && Agrees(digits)
                && Agrees(Math.BitIncrement(middle).ToString("R", CultureInfo.InvariantCulture)) && Agrees(Math.BitDecrement(middle).ToString("R", CultureInfo.InvariantCulture));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    [Fact]
    public void Reads_any_digits_with_any_exponent()
    {
        var digits = Gen.Choose(0, 9).Select(digit => $"{digit}").ListOf().Select(string.Concat);
        var numbers =
            from sign in Gen.Elements("", "-")
            from whole in Gen.OneOf(Gen.Constant("0"), digits.Select(text => text.TrimStart('0')).Select(text => text.Length == 0 ? "0" : text))
            from fraction in Gen.OneOf(Gen.Constant(""), digits.Select(text => text.Length == 0 ? "" : "." + text))
            from exponent in Gen.OneOf(Gen.Constant(""), from e in Gen.Elements("e", "E", "e+", "E-", "e-") from n in Gen.Choose(0, 60) select $"{e}{n}")
            select sign + whole + fraction + exponent;
        Prop.ForAll(numbers.ToArbitrary(), Agrees).Check(Config.QuickThrowOnFailure.WithMaxTest(50_000));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-0.0e5")]
    [InlineData("1e-45")]
    [InlineData("1e-46")]
    [InlineData("1.1754943e-38")]
    [InlineData("1.17549435082228750797e-38")]
    [InlineData("3.40282347e38")]
    [InlineData("3.40282356e38")]
    [InlineData("340282346638528859811704183484516925440")]
    [InlineData("16777217")]
    [InlineData("0.000000000000000000000000000000000000000000000001e48")]
    [InlineData("99999999999999999999999999999999999999e-38")]
    [InlineData("1e-99999")]
    [InlineData("0e99999")]
    public void Reads_the_edges(string number) => Assert.True(Agrees(number));

    [Theory]
    [InlineData("3.40282357e38")]
    [InlineData("-1e39")]
    [InlineData("1e400")]
    [InlineData("1e99999")]
    [InlineData("1e2147483648")]
    [InlineData("1e-")]
    [InlineData("1e")]
    [InlineData("1.")]
    [InlineData("1.e5")]
    [InlineData(".5")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("-00.5")]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    [InlineData("\"1\"")]
    [InlineData("")]
    public void Refuses_what_is_no_number_or_no_finite_float_is_near(string number) => Assert.False(TryRead(number, out _, out _));

    [Theory]
    [InlineData("1,2", 1)]
    [InlineData("-0.5]", 4)]
    [InlineData("1e2 ", 3)]
    [InlineData("0x1", 1)]
    [InlineData("1.5.2", 3)]
    public void Stops_behind_the_number(string text, int end)
    {
        Assert.True(TryRead(text, out _, out var at));
        Assert.Equal(end, at);
    }

    private static bool Agrees(string number)
    {
        var wanted = float.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (number is "NaN" or "Infinity" or "-Infinity")
            return true;
        var read = TryRead(number, out var value, out var at);
        return float.IsFinite(wanted) ? read && at == number.Length && BitConverter.SingleToInt32Bits(value) == BitConverter.SingleToInt32Bits(wanted) : !read;
    }

    private static bool TryRead(string text, out float value, out int at)
    {
        at = 0;
        return FloatParser.TryRead(Encoding.ASCII.GetBytes(text), ref at, out value);
    }
}
