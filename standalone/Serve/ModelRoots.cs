using Orrery.Engine;
using Orrery.Standalone.Configuration;

namespace Orrery.Standalone.Serve;

/// <summary>Where models and detectors are looked for.</summary>
internal static class ModelRoots
{
    /// <summary>Models that ship with the program.</summary>
    public static string Samples => Path.Combine(AppContext.BaseDirectory, "samples", "models");

    /// <summary>Detectors that ship with the program.</summary>
    public static string SampleDetectors => Path.Combine(AppContext.BaseDirectory, "samples", "detectors");

    /// <summary>
    /// What the flags name; else what the settings name, the folders models/ and detectors/ here, and the samples. The samples'
    /// detectors are served only with the samples' model. A default model that is a directory is added, under its folder's name.
    /// </summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Resolve(ServeSettings settings, string[] flags, string[] detectors, out EngineOptions engine)
    {
        engine = settings.Engine;
        foreach (var (flag, directory) in flags.Select(one => ("--models", one)).Concat(detectors.Select(one => ("--detectors", one))))
        {
            if (!Directory.Exists(directory))
                return $"{flag}: {directory} does not exist";
        }

        List<string> roots = flags.Length > 0 ? [.. flags] : [.. settings.Engine.ModelDirectories, "models", Samples];
        var chosen = settings.Engine.DefaultModel;
        if (chosen is not null && Directory.Exists(chosen))
        {
            roots.Insert(0, chosen);
            chosen = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(chosen)));
        }

        engine = engine with
        {
            ModelDirectories = roots,
            DetectorDirectories = detectors.Length > 0 ? detectors
                : [.. settings.Engine.DetectorDirectories, "detectors", .. flags.Length == 0 ? [SampleDetectors] : Array.Empty<string>()],
            DefaultModel = chosen,
            CacheDirectory = engine.CacheDirectory ?? DefaultCache(),
        };
        return null;
    }

    /// <summary>The user's cache folder; null where there is none, as in some containers.</summary>
    private static string? DefaultCache() =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } folder ? Path.Combine(folder, "orrery") : null;
}
