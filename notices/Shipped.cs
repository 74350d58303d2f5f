using System.Text.Json;

namespace Orrery.Notices;

/// <summary>A package with files in what is published.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Folder">Where it lies on this machine; null where it is not restored.</param>
/// <param name="Programs">The programs that have it, in order of names.</param>
/// <param name="GpuOnly">Whether only the GPU build has it.</param>
public sealed record ShippedPackage(string Id, string Version, string? Folder, IReadOnlyList<string> Programs, bool GpuOnly);

/// <summary>Finds the packages that are in what is published, by what NuGet has restored.</summary>
public static class Shipped
{
    // Its natives are copied by Directory.Build.targets, so that NuGet knows of no file that it brings.
    private const string OnnxRuntime = "Microsoft.ML.OnnxRuntime";
    private const string Gpu = OnnxRuntime + ".Gpu";

    // The folder of each program with the name that it is published under.
    private static readonly (string Folder, string Program)[] _programs = [("standalone", "orrery"), ("silo", "orrery-silo"), ("client-api", "orrery-front")];

    // What NuGet lists of a package's files that land beside the program.
    private static readonly string[] _kinds = ["runtime", "native", "runtimeTargets", "resource"];

    /// <summary>Reads what was restored for every platform, and of the GPU build what its lock files name beyond that.</summary>
    /// <param name="root">The checkout.</param>
    /// <returns>In order of names.</returns>
    /// <exception cref="InvalidDataException">Nothing was restored, or the GPU build was.</exception>
    public static IReadOnlyList<ShippedPackage> Read(string root)
    {
        var found = new SortedDictionary<string, (string Version, string? Folder, SortedSet<string> Programs)>(StringComparer.OrdinalIgnoreCase);
        void Add(string id, string version, string? folder, string program)
        {
            if (!found.TryGetValue(id, out var one))
                found[id] = one = (version, folder, new SortedSet<string>(StringComparer.Ordinal));
            if (one.Version != version)
                throw new InvalidDataException($"{id} ships as {one.Version} and as {version}: pin it in Directory.Packages.props");
            one.Programs.Add(program);
        }

        foreach (var (folder, program) in _programs)
        {
            var path = Path.Combine(root, folder, "obj", "project.assets.json");
            if (!File.Exists(path))
                throw new InvalidDataException($"{folder} is not restored: run ./orrery lock, or dotnet restore Cluster.sln");
            using var assets = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (var (id, version, where) in InAssets(assets.RootElement))
            {
                if (id.StartsWith(Gpu, StringComparison.OrdinalIgnoreCase))
                    throw new InvalidDataException($"{folder} is restored for the GPU build: run dotnet restore Cluster.sln");
                Add(id, version, where, program);
            }
        }

        foreach (var (folder, program) in _programs)
        {
            foreach (var (id, version) in InLock(Path.Combine(root, folder, "packages.gpu.lock.json")).Where(one => one.Id.StartsWith(Gpu, StringComparison.OrdinalIgnoreCase)))
                Add(id, version, FolderOf(root, id, version), program);
        }

        return [.. found.Select(one => new ShippedPackage(one.Key, one.Value.Version, one.Value.Folder, [.. one.Value.Programs], one.Key.StartsWith(Gpu, StringComparison.OrdinalIgnoreCase)))];
    }

    private static IEnumerable<(string Id, string Version, string Folder)> InAssets(JsonElement assets)
    {
        var roots = assets.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name).ToArray();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var target in assets.GetProperty("targets").EnumerateObject())
        {
            foreach (var library in target.Value.EnumerateObject())
            {
                if (library.Value.GetProperty("type").GetString() != "package" || !(IsCopied(library.Value) || library.Name.StartsWith(OnnxRuntime + "/", StringComparison.Ordinal) || library.Name.StartsWith(Gpu, StringComparison.Ordinal)))
                    continue;
                if (!seen.Add(library.Name))
                    continue;
                var slash = library.Name.IndexOf('/', StringComparison.Ordinal);
                var path = assets.GetProperty("libraries").GetProperty(library.Name).GetProperty("path").GetString()!;
                yield return (library.Name[..slash], library.Name[(slash + 1)..], roots.Select(root => Path.Combine(root, path)).First(Directory.Exists));
            }
        }
    }

    // "_._" stands for a folder without files.
    private static bool IsCopied(JsonElement library) =>
        _kinds.Any(kind => library.TryGetProperty(kind, out var files) && files.EnumerateObject().Any(file => !file.Name.EndsWith("/_._", StringComparison.Ordinal)));

    private static IEnumerable<(string Id, string Version)> InLock(string path)
    {
        if (!File.Exists(path))
            yield break;
        using var file = JsonDocument.Parse(File.ReadAllBytes(path));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var package in file.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject()))
        {
            if (package.Value.TryGetProperty("resolved", out var version) && seen.Add(package.Name))
                yield return (package.Name, version.GetString()!);
        }
    }

    // Of the GPU build there is no restored project to ask.
    private static string? FolderOf(string root, string id, string version)
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, _programs[0].Folder, "obj", "project.assets.json")));
        return assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => Path.Combine(folder.Name, id.ToLowerInvariant(), version.ToLowerInvariant())).FirstOrDefault(Directory.Exists);
    }
}
