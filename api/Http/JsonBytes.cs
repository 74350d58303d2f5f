using System.Globalization;
using System.Text.Unicode;

namespace Orrery.Api.Http;

/// <summary>
/// What a JSON reader lets through and only complains of when a string is taken, by an exception: bytes that are not UTF-8, and escapes that
/// are half of a surrogate pair. Checked once for a whole body, so that no string in it can fail.
/// </summary>
internal static class JsonBytes
{
    private const string HalfPair = "has an escaped surrogate without its other half";

    /// <summary>Says what is wrong, to be put after the body's name; null when every string can be taken.</summary>
    public static string? Check(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return "is not valid UTF-8";
        var high = false;
        while (true)
        {
            var escape = json.IndexOf((byte)'\\');
            if (high && escape != 0)
                return HalfPair;
            if (escape < 0)
                return null;
            var unit = UnitAt(json[escape..]);
            if (high != char.IsLowSurrogate(unit))
                return HalfPair;
            high = char.IsHighSurrogate(unit);
            json = json[Math.Min(json.Length, escape + (unit == 0 ? 2 : 6))..];
        }
    }

    /// <summary>The UTF-16 unit of an escape \uXXXX; 0 for other escapes, which are none of this check's business, and for U+0000.</summary>
    private static char UnitAt(ReadOnlySpan<byte> escape) =>
        escape.Length >= 6 && escape[1] == 'u' && ushort.TryParse(escape[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) ? (char)unit : '\0';
}
