namespace Orrery.Hosting.Settings;

/// <summary>A key that there was once: whoever still sets it is told what to do.</summary>
/// <param name="Key">As in appsettings.json.</param>
/// <param name="ShortName">An environment variable that set it too; null for none.</param>
/// <param name="Instead">What holds now, a sentence without a full stop.</param>
public sealed record FormerSetting(string Key, string? ShortName, string Instead);
