using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Models;

namespace Orrery.Engine.Detectors;

/// <summary>What lies in the directories of detectors: labels, digests, and what is wrong with them; none ready, for no model is loaded.</summary>
public sealed class DetectorStore
{
    private string _stamp = "";
    private IReadOnlyList<DetectorInfo> _known = [];

    /// <summary>Looks through the directories. While no file has changed since the last look no head is read. Not beside another call.</summary>
    /// <param name="options">Where to look, and how heads are run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The detectors by name: the same list as before when nothing changed.</returns>
    public async Task<IReadOnlyList<DetectorInfo>> ScanAsync(EngineOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var folders = ModelDiscovery.Find(options.DetectorDirectories, DetectorManifest.IsIn).Concat(options.Detectors);
        var (stamp, _) = FileStamp.Of(folders.SelectMany(folder => Directory.EnumerateFiles(folder.Directory, "*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal));
        if (stamp == _stamp)
            return _known;
        await using var reader = await LocalBackend.CreateAsync(options with { ModelDirectories = [], Models = [], DefaultModel = null }, NullLoggerFactory.Instance, time, cancellation);
        (_stamp, _known) = (stamp, reader.Detectors);
        return _known;
    }
}
