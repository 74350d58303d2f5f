using System.Globalization;

namespace Orrery.Hosting.Settings;

/// <summary>Settings by what their values are.</summary>
public static class SettingKinds
{
    /// <summary>Any text.</summary>
    /// <param name="key">The key.</param>
    /// <param name="shortName">A variable that sets it too; null for none.</param>
    /// <param name="expected">What it is, to be read after "must be".</param>
    /// <param name="apply">Sets it.</param>
    public static Setting<T> Text<T>(string key, string? shortName, string expected, Func<T, string, T> apply)
        where T : class => new(key, shortName, expected, apply);

    /// <summary>An integer between bounds, both included.</summary>
    public static Setting<T> Int<T>(string key, string? shortName, int least, int most, Func<T, int, T> apply)
        where T : class => new(key, shortName, $"an integer from {least} to {most}", (settings, value) =>
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? apply(settings, number) : null);

    /// <summary>A count of bytes, 0 or more.</summary>
    public static Setting<T> Bytes<T>(string key, string? shortName, Func<T, long, T> apply)
        where T : class => new(key, shortName, "a number of bytes", (settings, value) =>
            long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? apply(settings, number) : null);

    /// <summary>A number between bounds, both included.</summary>
    public static Setting<T> Number<T>(string key, double least, double most, Func<T, double, T> apply)
        where T : class => new(key, null, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"), (settings, value) =>
            double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? apply(settings, number) : null);

    /// <summary>True or false.</summary>
    public static Setting<T> Bool<T>(string key, Func<T, bool, T> apply)
        where T : class => new(key, null, "true or false", (settings, value) => bool.TryParse(value, out var flag) ? apply(settings, flag) : null);

    /// <summary>A duration above 0, or from 0 where that means something.</summary>
    public static Setting<T> Time<T>(string key, Func<T, TimeSpan, T> apply, bool orZero = false)
        where T : class => new(key, null, $"a {(orZero ? "" : "positive ")}time as hours:minutes:seconds, 00:00:02.5 say", (settings, value) =>
            TimeSpan.TryParseExact(value, ["c", "g"], CultureInfo.InvariantCulture, out var time)
            && (time > TimeSpan.Zero || (orZero && time == TimeSpan.Zero)) && value.Contains(':', StringComparison.Ordinal) ? apply(settings, time) : null);

    /// <summary>At least one item, parted by commas.</summary>
    public static Setting<T> List<T>(string key, string? shortName, Func<T, string[], T> apply)
        where T : class => new(key, shortName, "a list parted by commas", (settings, value) =>
            value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } items ? apply(settings, items) : null);

    /// <summary>One of some words, in any case.</summary>
    public static Setting<T> Choice<T>(string key, string? shortName, string[] words, Func<T, string, T> apply)
        where T : class => new(key, shortName, string.Join(" or ", words), (settings, value) =>
            Array.Find(words, word => word.Equals(value, StringComparison.OrdinalIgnoreCase)) is { } word ? apply(settings, word) : null);
}
