namespace Orrery.Engine.Models;

/// <summary>A version of a model in this machine's directories, not loaded.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Digest">SHA-256 over its files, lower-case hex; empty when they cannot be read.</param>
/// <param name="Directory">Where it lies.</param>
/// <param name="Pool">The kind of silo it asks for: cpu or gpu.</param>
/// <param name="Fallback">Whether cpu silos may run it where there are no others.</param>
/// <param name="FileBytes">Bytes of its files.</param>
/// <param name="Reason">Why it cannot be read; null when it can.</param>
public sealed record StoredModel(string Name, string Digest, string Directory, string Pool, bool Fallback, long FileBytes, string? Reason);

/// <summary>What lies in the directories of models: every version, by what its files say, without loading any.</summary>
public sealed class ModelStore
{
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>Looks through the directories. Files that have not changed since the last look are not read again. Not beside another call.</summary>
    /// <param name="roots">As <see cref="EngineOptions.ModelDirectories"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Versions of one model lie together, the highest first.</returns>
    public IReadOnlyList<StoredModel> Scan(IEnumerable<string> roots, CancellationToken cancellation)
    {
        var found = new List<StoredModel>();
        foreach (var (name, directory) in ModelDiscovery.FindVersions(roots))
        {
            cancellation.ThrowIfCancellationRequested();
            var files = ModelFiles.Find(directory, ModelManifest.GraphOf(directory))!;
            if (!_known.TryGetValue(directory, out var known) || known.Stamp != FileStamp.Of(files.VersionFiles(known.External).Values).Stamp)
                _known[directory] = known = Read(name, files, cancellation);
            found.Add(known.Model);
        }

        return found;
    }

    private static Known Read(string name, ModelFiles files, CancellationToken cancellation)
    {
        IReadOnlyCollection<string> external = [];
        // Taken before anything is read: what changes meanwhile is read again at the next look.
        var (stamp, bytes) = FileStamp.Of(files.VersionFiles(external).Values);
        try
        {
            var manifest = ModelManifest.Read(files);
            external = files.ExternalFiles();
            if (external.Count > 0)
                (stamp, bytes) = FileStamp.Of(files.VersionFiles(external).Values);
            return new Known(stamp, external, new StoredModel(name, files.ComputeDigest(external, cancellation), files.Directory, manifest.Pool, manifest.Fallback, bytes, null));
        }
        catch (Exception e) when (e is ModelFormatException or IOException or UnauthorizedAccessException)
        {
            return new Known(stamp, external, new StoredModel(name, "", files.Directory, "cpu", true, bytes, LoadFailure.Reason(e, files.Directory)));
        }
    }

    private sealed record Known(string Stamp, IReadOnlyCollection<string> External, StoredModel Model);
}
