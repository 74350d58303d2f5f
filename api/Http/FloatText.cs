using System.Buffers.Text;

namespace Orrery.Api.Http;

/// <summary>
/// Writes float32 as JSON numbers that read back to the same float32. Nine significant digits always do; writing those as one integer
/// costs a fraction of finding the shortest form, and embeddings need eight or nine digits anyway.
/// </summary>
internal static class FloatText
{
    /// <summary>No number is longer.</summary>
    public const int MaxBytes = 24;

    private static ReadOnlySpan<double> PowersOfTen => [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];

    private static ReadOnlySpan<ulong> Scales =>
    [
        10_000_000_000_000, 1_000_000_000_000, 100_000_000_000, 10_000_000_000, 1_000_000_000, 100_000_000,
        10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100,
    ];

    /// <summary>Writes a finite value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="target">At least <see cref="MaxBytes"/>.</param>
    /// <returns>The bytes written.</returns>
    public static int Write(float value, Span<byte> target)
    {
        double magnitude = Math.Abs(value);
        if (!(magnitude >= PowersOfTen[0] && magnitude < PowersOfTen[^1]))
        {
            Utf8Formatter.TryFormat(value, target, out var length);
            return length;
        }

        // The decade: most components of embeddings lie in 0.001 to 1.
        var decade = magnitude < 1 ? 4 : PowersOfTen.Length - 2;
        while (magnitude < PowersOfTen[decade])
            decade--;
        var scale = Scales[decade];
        var digits = 13 - decade;
        var scaled = (ulong)((magnitude * scale) + 0.5);
        var whole = scaled / scale;
        var fraction = scaled - (whole * scale);

        var at = 0;
        if (value < 0)
            target[at++] = (byte)'-';
        if (whole < 10)
        {
            target[at++] = (byte)('0' + whole);
        }
        else
        {
            Utf8Formatter.TryFormat(whole, target[at..], out var length);
            at += length;
        }

        if (fraction == 0)
            return at;
        target[at++] = (byte)'.';
        var end = at + digits;
        for (var i = end - 1; i >= at; i--)
        {
            var rest = fraction / 10;
            target[i] = (byte)('0' + (fraction - (rest * 10)));
            fraction = rest;
        }

        while (target[end - 1] == '0')
            end--;
        return end;
    }
}
