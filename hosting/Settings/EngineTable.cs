using Orrery.Engine;

namespace Orrery.Hosting.Settings;

/// <summary>The keys of a process that runs models.</summary>
public static class EngineTable
{
    /// <summary>All under <c>Engine</c>.</summary>
    public static IReadOnlyList<Setting<EngineOptions>> All { get; } =
    [
        SettingKinds.List<EngineOptions>("Engine:ModelDirectories", "MODEL_CACHE_DIR", (e, v) => e with { ModelDirectories = v }),
        SettingKinds.Text<EngineOptions>("Engine:DefaultModel", "EMBEDDING_MODEL", "a model's name or directory", (e, v) => e with { DefaultModel = v }),
        SettingKinds.List<EngineOptions>("Engine:DetectorDirectories", "DETECTOR_DIR", (e, v) => e with { DetectorDirectories = v }),
        SettingKinds.List<EngineOptions>("Engine:DefaultDetectors", "DEFAULT_CLASSIFIERS", (e, v) => e with { DefaultDetectors = v }),
        SettingKinds.List<EngineOptions>("Engine:Devices", "DEVICE", (e, v) => e with { Devices = v }),
        SettingKinds.Int<EngineOptions>("Engine:Sessions", null, 0, 256, (e, v) => e with { Sessions = v }),
        SettingKinds.Int<EngineOptions>("Engine:ThreadsPerSession", null, 0, 256, (e, v) => e with { ThreadsPerSession = v }),
        SettingKinds.Int<EngineOptions>("Engine:MaxBatchTokens", null, 0, 1 << 24, (e, v) => e with { MaxBatchTokens = v }),
        SettingKinds.Int<EngineOptions>("Engine:MaxBatchItems", null, 1, 65536, (e, v) => e with { MaxBatchItems = v }),
        SettingKinds.Number<EngineOptions>("Engine:MaxPadding", 0, 1, (e, v) => e with { MaxPadding = v }),
        SettingKinds.Int<EngineOptions>("Engine:MaxQueueTokens", null, 1, int.MaxValue, (e, v) => e with { MaxQueueTokens = v }),
        SettingKinds.Time<EngineOptions>("Engine:MaxQueueDelay", (e, v) => e with { MaxQueueDelay = v }),
        SettingKinds.Int<EngineOptions>("Engine:BulkEvery", null, 2, 1_000_000, (e, v) => e with { BulkEvery = v }),
        SettingKinds.Time<EngineOptions>("Engine:RequestTimeout", (e, v) => e with { RequestTimeout = v }),
        SettingKinds.Bytes<EngineOptions>("Engine:MemoryLimit", null, (e, v) => e with { MemoryLimit = v }),
        SettingKinds.Text<EngineOptions>("Engine:CacheDirectory", null, "a directory", (e, v) => e with { CacheDirectory = v }),
    ];
}
