using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Orrery.Engine.Vectors;

/// <summary>Where a page ended, as text that means nothing to whoever sends it back: base64url of what it ended with.</summary>
public static class PageToken
{
    /// <summary>A token that names an id or a namespace.</summary>
    public static string Of(string last) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(last));

    /// <summary>Reads a token.</summary>
    /// <param name="token">The token; null for the first page.</param>
    /// <param name="last">What it says; null for the first page.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static InferenceError? Read(string? token, out string? last)
    {
        last = null;
        if (token is null)
            return null;
        if (!Base64Url.IsValid(token))
            return Wrong(token);
        var bytes = Base64Url.DecodeFromChars(token);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
            return Wrong(token);
        last = Encoding.UTF8.GetString(bytes);
        return null;
    }

    /// <summary>A token that names a slot.</summary>
    public static string Of(int slot) => Of(slot.ToString(CultureInfo.InvariantCulture));

    /// <summary>Reads a token that names a slot; 0 for the first page.</summary>
    public static InferenceError? Read(string? token, out int slot)
    {
        slot = 0;
        return Read(token, out string? last) ?? (last is null || int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out slot) ? null : Wrong(token!));
    }

    /// <summary>What is answered to a token that nobody made.</summary>
    public static InferenceError Wrong(string token) => new(InferenceErrorKind.Invalid, $"paginationToken '{token}' is none that was given", "paginationToken");
}
