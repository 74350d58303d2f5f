using Microsoft.Extensions.Configuration;

namespace Orrery.Hosting.Settings;

/// <summary>
/// Reads a process's settings, weakest source first: defaults, a JSON file, short environment names, ORRERY__ variables, flags.
/// What makes no sense is refused by name. A key of the environment or the file that only another process of the project reads is passed over.
/// </summary>
/// <typeparam name="TSettings">An immutable record with its defaults.</typeparam>
/// <param name="table">Every key that this process reads.</param>
/// <param name="validate">Says what is wrong with settings as a whole, naming the key; null when nothing is.</param>
/// <param name="former">Keys that there were once.</param>
public sealed class SettingReader<TSettings>(IReadOnlyList<Setting<TSettings>> table, Func<TSettings, string?> validate, IReadOnlyList<FormerSetting>? former = null)
    where TSettings : class, new()
{
    private const string Prefix = "ORRERY__";

    // The file's other sections, Logging, AllowedHosts and the like, belong to the framework or to another process.
    private readonly HashSet<string> _sections = new(table.Select(setting => setting.Key[..setting.Key.IndexOf(':', StringComparison.Ordinal)]), StringComparer.OrdinalIgnoreCase);

    /// <inheritdoc cref="TryRead(string, IReadOnlyDictionary{string, string}, IEnumerable{KeyValuePair{string, string}}, out TSettings, out IReadOnlyList{string}, out string)"/>
    public bool TryRead(
        string file, IReadOnlyDictionary<string, string> environment, IEnumerable<KeyValuePair<string, string>> flags, out TSettings settings, out string error) =>
        TryRead(file, environment, flags, out settings, out _, out error);

    /// <summary>Reads them.</summary>
    /// <param name="file">appsettings.json's path; it need not exist.</param>
    /// <param name="environment">The process's variables.</param>
    /// <param name="flags">Keys and values from the command line.</param>
    /// <param name="settings">The result when true.</param>
    /// <param name="passedOver">Keys that only other processes read, by the names that they were given under.</param>
    /// <param name="error">What is wrong, naming the key, when false.</param>
    public bool TryRead(
        string file,
        IReadOnlyDictionary<string, string> environment,
        IEnumerable<KeyValuePair<string, string>> flags,
        out TSettings settings,
        out IReadOnlyList<string> passedOver,
        out string error)
    {
        var elsewhere = new List<string>();
        passedOver = elsewhere;
        settings = new TSettings();
        error = "";
        IConfigurationRoot json;
        try
        {
            json = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(file), optional: true, reloadOnChange: false).Build();
        }
        catch (InvalidDataException e)
        {
            error = $"{file}: {e.InnerException?.Message ?? e.Message}";
            return false;
        }

        foreach (var (key, value) in FromFile(json))
        {
            if (IsElsewhere(key))
                elsewhere.Add($"{file}: {key}");
            else if (!Apply(ref settings, key, value, $"{file}: {key}", out error))
                return false;
        }

        foreach (var setting in table)
        {
            if (setting.ShortName is { } name && environment.TryGetValue(name, out var value) && value.Length > 0
                && !Apply(ref settings, setting.Key, value, name, out error))
                return false;
        }

        foreach (var one in former ?? [])
        {
            if (one.ShortName is { } name && environment.TryGetValue(name, out var value) && value.Length > 0 && !Apply(ref settings, one.Key, value, name, out error))
                return false;
        }

        foreach (var (name, value) in environment)
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            var key = name[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal);
            if (IsElsewhere(key))
                elsewhere.Add(name);
            else if (!Apply(ref settings, key, value, name, out error))
                return false;
        }

        foreach (var (key, value) in flags)
        {
            if (!Apply(ref settings, key, value, key, out error))
                return false;
        }

        error = validate(settings) ?? "";
        return error.Length == 0;
    }

    private IEnumerable<(string Key, string Value)> FromFile(IConfigurationRoot json)
    {
        foreach (var section in json.GetChildren())
        {
            if (!_sections.Contains(section.Key))
                continue;
            foreach (var child in section.GetChildren())
            {
                // A list may be a JSON array, or one string with commas as in a variable.
                var value = child.Value ?? string.Join(',', child.GetChildren().Select(item => item.Value));
                yield return ($"{section.Key}:{child.Key}", value);
            }
        }
    }

    private bool IsElsewhere(string key) => Find(key) is null && ProjectKeys.All.Contains(key);

    private Setting<TSettings>? Find(string key) => table.FirstOrDefault(one => one.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    private bool Apply(ref TSettings settings, string key, string value, string source, out string error)
    {
        if (Find(key) is not { } setting)
        {
            error = former?.FirstOrDefault(one => one.Key.Equals(key, StringComparison.OrdinalIgnoreCase)) is { } gone
                ? $"{source} is a setting no more: {gone.Instead}"
                : $"{source} is not a setting; there are {string.Join(", ", table.Select(one => one.Key))}";
            return false;
        }

        if (setting.Apply(settings, value) is not { } changed)
        {
            error = setting.Secret ? $"{source} must be {setting.Expected}" : $"{source} must be {setting.Expected}, not '{value}'";
            return false;
        }

        settings = changed;
        error = "";
        return true;
    }
}
