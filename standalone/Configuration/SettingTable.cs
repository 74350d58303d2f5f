using System.Globalization;
using Orrery.Engine;

namespace Orrery.Standalone.Configuration;

/// <summary>One key of the configuration.</summary>
/// <param name="Key">As in appsettings.json, sections parted by colons.</param>
/// <param name="ShortName">An environment variable that sets it too; null for none.</param>
/// <param name="Expected">What its value must be.</param>
/// <param name="Apply">Sets it; null when the value is not what is expected.</param>
internal sealed record Setting(string Key, string? ShortName, string Expected, Func<ServeSettings, string, ServeSettings?> Apply);

/// <summary>Every key there is. README's table lists the same ones; a test compares them.</summary>
internal static class SettingTable
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        new("Server:Host", null, "an address", (s, v) => s with { Host = v }),
        Int("Server:Port", "PORT", 0, 65535, (s, v) => s with { Port = v }),
        Time("Server:ShutdownTimeout", (s, v) => s with { ShutdownTimeout = v }),
        List("Engine:ModelDirectories", "MODEL_CACHE_DIR", (s, v) => Engine(s, e => e with { ModelDirectories = v })),
        new("Engine:DefaultModel", "EMBEDDING_MODEL", "a model's name or directory", (s, v) => Engine(s, e => e with { DefaultModel = v })),
        List("Engine:DetectorDirectories", "DETECTOR_DIR", (s, v) => Engine(s, e => e with { DetectorDirectories = v })),
        List("Engine:DefaultDetectors", "DEFAULT_CLASSIFIERS", (s, v) => Engine(s, e => e with { DefaultDetectors = v })),
        List("Engine:Devices", "DEVICE", (s, v) => Engine(s, e => e with { Devices = v })),
        Int("Engine:Sessions", null, 0, 256, (s, v) => Engine(s, e => e with { Sessions = v })),
        Int("Engine:ThreadsPerSession", null, 0, 256, (s, v) => Engine(s, e => e with { ThreadsPerSession = v })),
        Int("Engine:MaxBatchTokens", null, 0, 1 << 24, (s, v) => Engine(s, e => e with { MaxBatchTokens = v })),
        Int("Engine:MaxBatchItems", null, 1, 65536, (s, v) => Engine(s, e => e with { MaxBatchItems = v })),
        new("Engine:MaxPadding", null, "a number from 0 to 1", (s, v) =>
            double.TryParse(v, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1 ? Engine(s, e => e with { MaxPadding = share }) : null),
        Int("Engine:MaxQueueTokens", null, 1, int.MaxValue, (s, v) => Engine(s, e => e with { MaxQueueTokens = v })),
        Time("Engine:MaxQueueDelay", (s, v) => Engine(s, e => e with { MaxQueueDelay = v })),
        Int("Engine:BulkEvery", null, 2, 1_000_000, (s, v) => Engine(s, e => e with { BulkEvery = v })),
        Time("Engine:RequestTimeout", (s, v) => Engine(s, e => e with { RequestTimeout = v })),
        new("Engine:CacheDirectory", null, "a directory", (s, v) => Engine(s, e => e with { CacheDirectory = v })),
        Int("Api:MaxBodyBytes", null, 1024, int.MaxValue, (s, v) => s with { Api = s.Api with { MaxBodyBytes = v } }),
        Int("Api:MaxClientBatchSize", null, 1, 1 << 20, (s, v) => s with { Api = s.Api with { MaxClientBatchSize = v } }),
        Bool("Api:AutoTruncate", (s, v) => s with { Api = s.Api with { AutoTruncate = v } }),
        Bool("Api:TeiLegacyStatus", (s, v) => s with { Api = s.Api with { TeiLegacyStatus = v } }),
    ];

    private static ServeSettings Engine(ServeSettings settings, Func<EngineOptions, EngineOptions> change) => settings with { Engine = change(settings.Engine) };

    private static Setting Int(string key, string? shortName, int least, int most, Func<ServeSettings, int, ServeSettings> apply) =>
        new(key, shortName, $"an integer from {least} to {most}", (settings, value) =>
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? apply(settings, number) : null);

    private static Setting Bool(string key, Func<ServeSettings, bool, ServeSettings> apply) =>
        new(key, null, "true or false", (settings, value) => bool.TryParse(value, out var flag) ? apply(settings, flag) : null);

    private static Setting Time(string key, Func<ServeSettings, TimeSpan, ServeSettings> apply) =>
        new(key, null, "a positive time as hours:minutes:seconds, 00:00:02.5 say", (settings, value) =>
            TimeSpan.TryParseExact(value, ["c", "g"], CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero && value.Contains(':', StringComparison.Ordinal) ? apply(settings, time) : null);

    private static Setting List(string key, string? shortName, Func<ServeSettings, string[], ServeSettings> apply) =>
        new(key, shortName, "a list parted by commas", (settings, value) =>
            value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } items ? apply(settings, items) : null);
}
