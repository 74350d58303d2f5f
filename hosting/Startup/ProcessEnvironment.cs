using System.Collections;

namespace Orrery.Hosting.Startup;

/// <summary>What surrounds a process.</summary>
public static class ProcessEnvironment
{
    /// <summary>Its settings' file, in the working directory.</summary>
    public const string SettingsFile = "appsettings.json";

    /// <summary>Its environment.</summary>
    public static Dictionary<string, string> Variables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(pair => (string)pair.Key, pair => (string)pair.Value!);
}
