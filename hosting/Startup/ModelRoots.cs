using Orrery.Engine;

namespace Orrery.Hosting.Startup;

/// <summary>Where models and detectors are looked for.</summary>
public static class ModelRoots
{
    /// <summary>Models that ship with the program.</summary>
    public static string Samples => Path.Combine(AppContext.BaseDirectory, "samples", "models");

    /// <summary>Detectors that ship with the program.</summary>
    public static string SampleDetectors => Path.Combine(AppContext.BaseDirectory, "samples", "detectors");

    /// <summary>
    /// What the flags name, then what the settings name, the folders models/ and detectors/ here, and the samples, where they are not left out. Of models
    /// that do the same, those that the flags name go first as defaults. A default model that is a directory is added, under its folder's name.
    /// </summary>
    /// <param name="settings">As read.</param>
    /// <param name="flags">Folders of models from the command line; empty for none.</param>
    /// <param name="detectors">Folders of detectors from the command line; empty for none.</param>
    /// <param name="engine">The settings with all folders to look in.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Resolve(EngineOptions settings, string[] flags, string[] detectors, out EngineOptions engine)
    {
        engine = settings;
        foreach (var (flag, directory) in flags.Select(one => ("--models", one)).Concat(detectors.Select(one => ("--detectors", one))))
        {
            if (!Directory.Exists(directory))
                return $"{flag}: {directory} does not exist";
        }

        List<string> roots = [.. flags, .. settings.ModelDirectories, "models", .. settings.Samples ? [Samples] : Array.Empty<string>()];
        var chosen = settings.DefaultModel;
        if (chosen is not null && Directory.Exists(chosen))
        {
            roots.Insert(0, chosen);
            chosen = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(chosen)));
        }

        engine = engine with
        {
            ModelDirectories = roots,
            PreferredDirectories = [.. flags.Select(flag => Path.TrimEndingDirectorySeparator(Path.GetFullPath(flag)))],
            DetectorDirectories = [.. detectors, .. settings.DetectorDirectories, "detectors", .. settings.Samples ? [SampleDetectors] : Array.Empty<string>()],
            DefaultModel = chosen,
            CacheDirectory = engine.CacheDirectory ?? DefaultCache(),
        };
        return null;
    }

    /// <summary>The user's cache folder; null where there is none, as in some containers.</summary>
    private static string? DefaultCache() =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } folder ? Path.Combine(folder, "orrery") : null;
}
