using Orrery.Engine.Tokenization;

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
    // Of a directory whose model cannot be told.
    private const int MostWatched = 1000;

    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <summary>Looks through the directories. Files that have not changed since the last look are not read again. Not beside another call.</summary>
    /// <param name="roots">As <see cref="EngineOptions.ModelDirectories"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="linkRoots">As <see cref="EngineOptions.Roots"/>; null for <paramref name="roots"/> alone.</param>
    /// <returns>Versions of one model lie together, the highest first.</returns>
    public IReadOnlyList<StoredModel> Scan(IEnumerable<string> roots, CancellationToken cancellation, IEnumerable<string>? linkRoots = null)
    {
        var found = new List<StoredModel>();
        var links = linkRoots ?? roots;
        foreach (var (name, directory) in ModelDiscovery.FindVersions(roots))
        {
            cancellation.ThrowIfCancellationRequested();
            if (!_known.TryGetValue(directory, out var known) || known.Stamp != FileStamp.Of(FilesOf(directory, links, known.External)).Stamp)
                _known[directory] = known = Read(name, directory, links, cancellation);
            found.Add(known.Model);
        }

        return found;
    }

    private static Known Read(string name, string directory, IEnumerable<string> roots, CancellationToken cancellation)
    {
        IReadOnlyCollection<string> external = [];
        // Taken before anything is read: what changes meanwhile is read again at the next look.
        var (stamp, bytes) = FileStamp.Of(FilesOf(directory, roots, external));
        try
        {
            var files = ModelFiles.Open(directory, roots);
            files.Check([]);
            var outline = files.Outline();
            external = files.ExternalFiles(outline);
            (stamp, bytes) = FileStamp.Of(FilesOf(directory, roots, external));
            files.Check(external);
            var manifest = ModelManifest.Read(files);
            var tokenizer = files.HasTokenizer && manifest.Task != ModelTask.Tensor ? Tokenizer.FromDirectory(files.TokenizerFolder, manifest.LowerCase) : null;
            var digest = VersionDigest.Of(files, external, VersionDigest.Hash(files, external, cancellation), ReadingChanges.Of(manifest, tokenizer, outline));
            return new Known(stamp, external, new StoredModel(name, digest.Current, files.Directory, manifest.Pool, manifest.Fallback, bytes, null));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever is in a model's files makes that model one that is refused, and no more.
            // What the files say stays so until they change; what kept them from being read may pass at any moment.
            return new Known(e is IOException or UnauthorizedAccessException ? "" : stamp, external, new StoredModel(name, "", directory, "cpu", true, bytes, LoadFailure.Reason(e, directory)));
        }
    }

    /// <summary>The files that are looked at for changes: those of the version, or where that cannot be told all that lie there.</summary>
    private static string[] FilesOf(string directory, IEnumerable<string> roots, IReadOnlyCollection<string> external)
    {
        try
        {
            return [.. ModelFiles.Open(directory, roots).VersionFiles(external).Values];
        }
        catch (Exception e) when (e is ModelFormatException or IOException or UnauthorizedAccessException)
        {
            return [.. Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true }).Take(MostWatched)];
        }
    }

    private sealed record Known(string Stamp, IReadOnlyCollection<string> External, StoredModel Model);
}
