using System.Text.RegularExpressions;

namespace Orrery.Engine.Models;

/// <summary>Finds the model directories below the roots an operator names.</summary>
internal static partial class ModelDiscovery
{
    // owner/name/version, and one more for a folder of families.
    private const int MaxDepth = 4;

    private static readonly EnumerationOptions _accessible = new() { IgnoreInaccessible = true, AttributesToSkip = 0 };
    private static readonly Func<string, bool> _nothing = static _ => false;

    /// <summary>
    /// Name and directory of every model. A root that is itself a model is named after its folder; others after their path
    /// below the root. A folder named like a version (1, v2.1, a digest) belongs to its parent's name, and the highest one counts.
    /// The first root to name a model wins.
    /// </summary>
    public static IReadOnlyList<NamedDirectory> Find(IEnumerable<string> roots) => [.. FindVersions(roots).DistinctBy(one => one.Name)];

    /// <summary>As the other overload, for directories of another kind.</summary>
    public static IReadOnlyList<NamedDirectory> Find(IEnumerable<string> roots, Func<string, bool> isOne) =>
        [.. FindVersions(roots, isOne).DistinctBy(one => one.Name)];

    /// <summary>Every version of every model, the highest first.</summary>
    public static IReadOnlyList<NamedDirectory> FindVersions(IEnumerable<string> roots) => FindVersions(roots, ModelFiles.IsModel, ModelFiles.LooksLikeModel);

    /// <summary>As the other overload, for directories of another kind.</summary>
    /// <param name="roots">As of the other.</param>
    /// <param name="isOne">Whether a directory is one.</param>
    /// <param name="looksLikeOne">Whether a directory below which there is none is listed all the same, so that it can be told why; null for none.</param>
    public static List<NamedDirectory> FindVersions(IEnumerable<string> roots, Func<string, bool> isOne, Func<string, bool>? looksLikeOne = null)
    {
        var found = new List<NamedDirectory>();
        foreach (var root in roots)
        {
            if (!Directory.Exists(root))
                continue;
            var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
            var inRoot = new SortedDictionary<string, List<(string Version, string Directory)>>(StringComparer.Ordinal);
            Search(full, full, 0, isOne, looksLikeOne ?? _nothing, inRoot);
            foreach (var (name, versions) in inRoot)
            {
                // The first root to name a model has all of its versions.
                if (found.Exists(one => one.Name == name))
                    continue;
                versions.Sort((a, b) => CompareVersions(b.Version, a.Version));
                found.AddRange(versions.Select(version => new NamedDirectory(name, version.Directory)));
            }
        }

        return found;
    }

    /// <returns>Whether one was found that is one, and does not only look like it.</returns>
    private static bool Search(
        string root, string directory, int depth, Func<string, bool> isOne, Func<string, bool> looksLikeOne, SortedDictionary<string, List<(string Version, string Directory)>> found)
    {
        var itself = isOne(directory);
        var looks = !itself && looksLikeOne(directory);
        var any = itself;
        if (!itself && depth < MaxDepth)
        {
            foreach (var child in Directory.EnumerateDirectories(directory, "*", _accessible))
            {
                // The parts of what looks like one are its parts.
                if (!Path.GetFileName(child).StartsWith('.'))
                    any |= Search(root, child, depth + 1, isOne, looks ? _nothing : looksLikeOne, found);
            }
        }

        if (itself || (looks && !any))
        {
            var (name, version) = NameOf(root, directory);
            if (!found.TryGetValue(name, out var versions))
                found[name] = versions = [];
            versions.Add((version, directory));
        }

        return any;
    }

    private static (string Name, string Version) NameOf(string root, string directory)
    {
        // A folder named like a version is never a name by itself: then the one above it is, even above the root.
        var named = directory == root && VersionName().IsMatch(Path.GetFileName(root)) ? Path.GetDirectoryName(root) ?? root : root;
        var above = Path.GetDirectoryName(named) ?? named;
        var relative = Path.GetRelativePath(above, directory).Replace('\\', '/');
        var slash = relative.LastIndexOf('/');
        var (name, version) = slash > 0 && VersionName().IsMatch(relative[(slash + 1)..]) ? (relative[..slash], relative[(slash + 1)..]) : (relative, "");
        var first = name.IndexOf('/', StringComparison.Ordinal);
        // Below a root, the root's own folder is not part of the name.
        return (first >= 0 ? name[(first + 1)..] : name, version);
    }

    private static int CompareVersions(string a, string b) =>
        Version.TryParse(Dotted(a), out var left) && Version.TryParse(Dotted(b), out var right)
            ? left.CompareTo(right)
            : string.CompareOrdinal(a, b);

    private static string Dotted(string version)
    {
        var digits = version.TrimStart('v');
        return digits.Contains('.', StringComparison.Ordinal) ? digits : digits + ".0";
    }

    [GeneratedRegex(@"^(v?\d+(\.\d+)*|[0-9a-f]{12,64})$")]
    private static partial Regex VersionName();
}
