using System.Globalization;

namespace Orrery.Api.Http;

/// <summary>
/// Reads JSON numbers as the nearest float32, ties to even. Decimal digits are gathered in one integer and scaled in double, which is within
/// two units of its last place (Clinger, "How to read floating point numbers accurately", 1990); only where that lies so near the middle
/// between two float32 that it could be the wrong one is the slow reader asked.
/// </summary>
internal static class FloatParser
{
    // A ulong holds that many digits whatever they are.
    private const int MaxDigits = 19;

    // Bits of a double that a float32 has not, and the pattern of the middle.
    private const long Dropped = (1L << 29) - 1;
    private const long Middle = 1L << 28;
    private const long Doubt = 8;

    // Below, float32 has fewer bits; above, it may overflow.
    private const double Smallest = 1.2e-38;
    private const double Largest = 3.4e38;

    private static ReadOnlySpan<double> PowersOfTen =>
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Reads the number that begins at a place.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="at">The place; behind the number afterwards.</param>
    /// <param name="value">The nearest float32.</param>
    /// <returns>False when no JSON number (RFC 8259, 6) begins there, or one that is too large for a finite float32.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, ref int at, out float value)
    {
        value = 0;
        var begin = at;
        var negative = At(text, at) == '-';
        if (negative)
            at++;
        ulong digits = 0;
        var first = at;
        Gather(text, ref at, ref digits);
        var count = at - first;
        if (count == 0 || (count > 1 && text[first] == '0'))
            return false;
        var exponent = 0;
        if (At(text, at) == '.')
        {
            var point = ++at;
            Gather(text, ref at, ref digits);
            exponent = point - at;
            count -= exponent;
            if (exponent == 0)
                return false;
        }

        if ((At(text, at) | 0x20) == 'e' && !TryExponent(text, ref at, ref exponent))
            return false;
        if (count > MaxDigits && count - Zeros(text[first..at]) > MaxDigits)
            return TrySlowly(text[begin..at], out value);
        if (digits == 0)
        {
            value = negative ? -0f : 0f;
            return true;
        }

        if (Math.Abs(exponent) >= PowersOfTen.Length)
            return TrySlowly(text[begin..at], out value);
        var scaled = exponent < 0 ? digits / PowersOfTen[-exponent] : digits * PowersOfTen[exponent];
        if (scaled is < Smallest or > Largest || Math.Abs((BitConverter.DoubleToInt64Bits(scaled) & Dropped) - Middle) <= Doubt)
            return TrySlowly(text[begin..at], out value);
        value = (float)(negative ? -scaled : scaled);
        return true;
    }

    private static byte At(ReadOnlySpan<byte> text, int at) => at < text.Length ? text[at] : (byte)0;

    private static void Gather(ReadOnlySpan<byte> text, ref int at, ref ulong digits)
    {
        // More digits than fit are not lost but read slowly, once their number is known.
        var i = at;
        for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++)
            digits = (digits * 10) + (uint)(text[i] - '0');
        at = i;
    }

    /// <summary>How many zeros are before the first other digit.</summary>
    private static int Zeros(ReadOnlySpan<byte> number)
    {
        var zeros = number.IndexOfAnyExcept((byte)'0', (byte)'.');
        zeros = zeros < 0 ? number.Length : zeros;
        return number[..zeros].Contains((byte)'.') ? zeros - 1 : zeros;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, ref int at, ref int exponent)
    {
        at++;
        var negative = At(text, at) == '-';
        if (negative || At(text, at) == '+')
            at++;
        var first = at;
        var given = 0;
        // Beyond any float32's, a greater one means the same.
        for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
            given = Math.Min((given * 10) + (text[at] - '0'), 1_000_000);
        exponent += negative ? -given : given;
        return at > first;
    }

    private static bool TrySlowly(ReadOnlySpan<byte> number, out float value) =>
        float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
}
