using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Orrery.Engine.Models;

/// <summary>
/// The digest of a version: SHA-256, lower-case hex, over each file's name and SHA-256 in order of names, and over what of them is read
/// otherwise than by earlier releases.
/// </summary>
/// <param name="Current">By it detectors and kept vectors name the version.</param>
/// <param name="Former">What earlier releases called these files; the same where nothing has changed.</param>
/// <param name="Changes">What is read otherwise, and names of files that were not read.</param>
internal sealed record VersionDigest(string Current, string Former, ImmutableArray<string> Changes)
{
    /// <summary>Reads every file of a version once.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyDictionary<string, byte[]> Hash(ModelFiles files, IReadOnlyCollection<string> external, CancellationToken cancellation)
    {
        var hashes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, path) in files.VersionFiles(external))
        {
            cancellation.ThrowIfCancellationRequested();
            using var file = File.OpenRead(path);
            hashes[name] = SHA256.HashData(file);
        }

        return hashes;
    }

    /// <summary>Puts it together.</summary>
    /// <param name="files">The model's.</param>
    /// <param name="external">Its files of weights.</param>
    /// <param name="hashes">What <see cref="Hash"/> gave.</param>
    /// <param name="changes">What <see cref="ReadingChanges"/> gave.</param>
    public static VersionDigest Of(ModelFiles files, IReadOnlyCollection<string> external, IReadOnlyDictionary<string, byte[]> hashes, ImmutableArray<string> changes)
    {
        SortedDictionary<string, string> current = files.VersionFiles(external), former = files.FormerFiles(external);
        return new(Of(hashes, current.Keys, changes), Of(hashes, former.Keys, []), [.. changes, .. current.Keys.Where(name => !former.ContainsKey(name))]);
    }

    private static string Of(IReadOnlyDictionary<string, byte[]> hashes, IEnumerable<string> names, ImmutableArray<string> changes)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in names)
        {
            whole.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
            whole.AppendData(hashes[name]);
        }

        foreach (var change in changes)
            whole.AppendData(Encoding.UTF8.GetBytes($"read: {change}\n"));
        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }
}
