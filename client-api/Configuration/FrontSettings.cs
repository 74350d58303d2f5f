using Orrery.Api;
using Orrery.ClientApi.Backend;
using Orrery.Engine.Vectors;
using Orrery.Hosting.Settings;

namespace Orrery.ClientApi.Configuration;

/// <summary>Everything that can be set of a front.</summary>
internal sealed record FrontSettings : ProcessSettings
{
    public ClusterOptions Cluster { get; init; } = new();

    public ApiOptions Api { get; init; } = new();

    public FrontOptions Front { get; init; } = new();

    public VectorOptions Vectors { get; init; } = new();

    /// <summary>Bytes that the process may take; 0 for what the container or the machine has.</summary>
    public long MemoryLimit { get; init; }

    /// <summary>Says what is wrong, naming the key; null when nothing is.</summary>
    public string? Validate() => Cluster.Validate() ?? Api.Validate() ?? Front.Validate() ?? Vectors.Validate();
}

/// <summary>Every key there is. README's table lists the same ones; a test compares them.</summary>
internal static class FrontTable
{
    public static IReadOnlyList<Setting<FrontSettings>> All { get; } =
    [
        .. ProcessSettings.Table<FrontSettings>(),
        .. ClusterOptions.Table.Select(setting => setting.In<FrontSettings>(all => all.Cluster, (all, cluster) => all with { Cluster = cluster })),
        .. ApiTable.All.Select(setting => setting.In<FrontSettings>(all => all.Api, (all, api) => all with { Api = api })),
        .. VectorTable.All.Select(setting => setting.In<FrontSettings>(all => all.Vectors, (all, vectors) => all with { Vectors = vectors })),
        // What a front decides of the engine's settings, by the engine's names.
        SettingKinds.Text<FrontSettings>("Engine:DefaultModel", "EMBEDDING_MODEL", "a model's name", (s, v) => s with { Front = s.Front with { DefaultModel = v } }),
        SettingKinds.List<FrontSettings>("Engine:DefaultDetectors", "DEFAULT_CLASSIFIERS", (s, v) => s with { Front = s.Front with { DefaultDetectors = v } }),
        SettingKinds.Bytes<FrontSettings>("Engine:MemoryLimit", null, (s, v) => s with { MemoryLimit = v }),
        SettingKinds.Time<FrontSettings>("Engine:RequestTimeout", (s, v) => s with { Front = s.Front with { RequestTimeout = v } }),
    ];

    public static SettingReader<FrontSettings> Reader { get; } = new(All, settings => settings.Validate(), ClusterOptions.Former);
}
