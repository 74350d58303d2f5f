namespace Orrery.Hosting.Settings;

/// <summary>One key of the configuration.</summary>
/// <typeparam name="TSettings">The immutable record that it is a part of.</typeparam>
/// <param name="Key">As in appsettings.json, sections parted by colons.</param>
/// <param name="ShortName">An environment variable that sets it too; null for none.</param>
/// <param name="Expected">What its value must be, to be read after "must be".</param>
/// <param name="Apply">Sets it; null when the value is not what is expected.</param>
/// <param name="Secret">Whether a wrong value must not be told.</param>
public sealed record Setting<TSettings>(string Key, string? ShortName, string Expected, Func<TSettings, string, TSettings?> Apply, bool Secret = false)
    where TSettings : class
{
    /// <summary>The same key where the record is a part of a larger one.</summary>
    /// <typeparam name="TWhole">The larger record.</typeparam>
    /// <param name="part">Takes the part out of the whole.</param>
    /// <param name="replace">The whole with another part.</param>
    public Setting<TWhole> In<TWhole>(Func<TWhole, TSettings> part, Func<TWhole, TSettings, TWhole> replace)
        where TWhole : class =>
        new(Key, ShortName, Expected, (whole, value) => Apply(part(whole), value) is { } changed ? replace(whole, changed) : null, Secret);
}
