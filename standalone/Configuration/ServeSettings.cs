using Orrery.Api;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Hosting.Settings;

namespace Orrery.Standalone.Configuration;

/// <summary>Everything that can be set of the single-process server.</summary>
internal sealed record ServeSettings : ProcessSettings
{
    public EngineOptions Engine { get; init; } = new();

    public ApiOptions Api { get; init; } = new();

    public VectorOptions Vectors { get; init; } = new();
}

/// <summary>Every key there is. README's table lists the same ones; a test compares them.</summary>
internal static class SettingTable
{
    public static IReadOnlyList<Setting<ServeSettings>> All { get; } =
    [
        .. ProcessSettings.Table<ServeSettings>(),
        .. EngineTable.All.Select(setting => setting.In<ServeSettings>(all => all.Engine, (all, engine) => all with { Engine = engine })),
        .. ApiTable.All.Select(setting => setting.In<ServeSettings>(all => all.Api, (all, api) => all with { Api = api })),
        .. VectorTable.All.Select(setting => setting.In<ServeSettings>(all => all.Vectors, (all, vectors) => all with { Vectors = vectors })),
    ];
}

/// <summary>Reads them.</summary>
internal static class SettingReader
{
    private static readonly SettingReader<ServeSettings> _reader = new(SettingTable.All, settings => settings.Admin.Validate() ?? settings.Engine.Validate() ?? settings.Api.Validate() ?? settings.Vectors.Validate());

    /// <summary>As <see cref="SettingReader{TSettings}"/> does.</summary>
    public static bool TryRead(
        string file, IReadOnlyDictionary<string, string> environment, IEnumerable<KeyValuePair<string, string>> flags, out ServeSettings settings, out IReadOnlyList<string> passedOver, out string error) =>
        _reader.TryRead(file, environment, flags, out settings, out passedOver, out error);

    /// <summary>As <see cref="SettingReader{TSettings}"/> does, for commands that say nothing of what they pass over.</summary>
    public static bool TryRead(
        string file, IReadOnlyDictionary<string, string> environment, IEnumerable<KeyValuePair<string, string>> flags, out ServeSettings settings, out string error) =>
        _reader.TryRead(file, environment, flags, out settings, out error);
}
