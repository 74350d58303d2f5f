
namespace Orrery.Standalone.Configuration;

/// <summary>
/// Reads the settings, weakest source first: defaults, appsettings.json, short environment names, ORRERY__ variables, flags.
/// </summary>
internal static class SettingReader
{
    private const string Prefix = "ORRERY__";

    // Native libraries are found before there are settings, and tests and samples have variables of their own.
    private static readonly string[] _sections = ["Server", "Engine", "Api"];

    /// <param name="file">appsettings.json's path; it need not exist.</param>
    /// <param name="environment">The process's variables.</param>
    /// <param name="flags">Keys and values from the command line.</param>
    /// <param name="settings">The result when true.</param>
    /// <param name="error">What is wrong, naming the key, when false.</param>
    public static bool TryRead(
        string file, IReadOnlyDictionary<string, string> environment, IEnumerable<KeyValuePair<string, string>> flags, out ServeSettings settings, out string error)
    {
        settings = new ServeSettings();
        error = "";
        IConfigurationRoot json;
        try
        {
            json = new ConfigurationBuilder().AddJsonFile(file, optional: true, reloadOnChange: false).Build();
        }
        catch (InvalidDataException e)
        {
            error = $"{file}: {e.InnerException?.Message ?? e.Message}";
            return false;
        }

        foreach (var (key, value) in FromFile(json))
        {
            if (!Apply(ref settings, key, value, $"{file}: {key}", out error))
                return false;
        }

        foreach (var setting in SettingTable.All)
        {
            if (setting.ShortName is { } name && environment.TryGetValue(name, out var value) && value.Length > 0
                && !Apply(ref settings, setting.Key, value, name, out error))
                return false;
        }

        foreach (var (name, value) in environment)
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
                && !Apply(ref settings, name[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal), value, name, out error))
                return false;
        }

        foreach (var (key, value) in flags)
        {
            if (!Apply(ref settings, key, value, key, out error))
                return false;
        }

        error = settings.Engine.Validate() ?? settings.Api.Validate() ?? "";
        return error.Length == 0;
    }

    private static IEnumerable<(string Key, string Value)> FromFile(IConfigurationRoot json)
    {
        foreach (var section in json.GetChildren())
        {
            // Logging, AllowedHosts and the like belong to the framework.
            if (!_sections.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
                continue;
            foreach (var child in section.GetChildren())
            {
                // A list may be a JSON array, or one string with commas as in a variable.
                var value = child.Value ?? string.Join(',', child.GetChildren().Select(item => item.Value));
                yield return ($"{section.Key}:{child.Key}", value);
            }
        }
    }

    private static bool Apply(ref ServeSettings settings, string key, string value, string source, out string error)
    {
        var setting = SettingTable.All.FirstOrDefault(one => one.Key.Equals(key, StringComparison.OrdinalIgnoreCase));
        if (setting is null)
        {
            error = $"{source} is not a setting; there are {string.Join(", ", SettingTable.All.Select(one => one.Key))}";
            return false;
        }

        if (setting.Apply(settings, value) is not { } changed)
        {
            error = $"{source} must be {setting.Expected}, not '{value}'";
            return false;
        }

        settings = changed;
        error = "";
        return true;
    }
}
