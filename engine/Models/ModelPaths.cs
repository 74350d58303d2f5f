namespace Orrery.Engine.Models;

/// <summary>
/// The paths of one model's files. What a file of the model names is below the model's directory; a link that stands in the directory is
/// followed to a file below the configured roots, or among a hub cache's blobs, and nowhere else: a model's files come from strangers.
/// </summary>
internal sealed class ModelPaths
{
    // The largest published tokenizer.json has 33 MB.
    private const long MaxTextBytes = 256L << 20;

    // A pointer of Git LFS is text of three lines.
    private const long MaxPointerBytes = 1024;
    private const int MaxLinks = 40;

    private readonly Lazy<string[]> _roots;

    /// <param name="directory">The model's.</param>
    /// <param name="roots">Directories of models that the operator names.</param>
    public ModelPaths(string directory, IEnumerable<string> roots)
    {
        Directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        // Most looks at a directory ask only what is there.
        _roots = new(() => [.. roots.Append(Directory).Where(System.IO.Directory.Exists).Select(root => RealPath(Path.GetFullPath(root)))]);
    }

    /// <summary>The model's directory, absolute.</summary>
    public string Directory { get; }

    /// <summary>The absolute path of a file by its name in the directory.</summary>
    public string PathOf(string name) => Path.Combine(Directory, name);

    /// <summary>The name of a file of the directory, with slashes.</summary>
    public string NameOf(string path) => Path.GetRelativePath(Directory, path).Replace('\\', '/');

    /// <summary>Whether there is such a file.</summary>
    public bool Has(string name) => File.Exists(PathOf(name));

    /// <summary>The names of the graphs in some folders of the directory, and in <c>onnx/</c> of each.</summary>
    public HashSet<string> Graphs(IEnumerable<string> folders) =>
    [
        .. from folder in folders
           from path in (string[])[PathOf(folder), Path.Combine(PathOf(folder), "onnx")]
           where System.IO.Directory.Exists(path)
           from graph in System.IO.Directory.EnumerateFiles(path, "*.onnx")
           select NameOf(graph),
    ];

    /// <summary>A path that one of the model's files names: relative, and without '..'.</summary>
    /// <param name="folder">What it is relative to, absolute.</param>
    /// <param name="written">The path as it is written.</param>
    /// <param name="place">The file and the key that hold it, for the message.</param>
    /// <returns>The absolute path; whether anything is there is not looked at.</returns>
    /// <exception cref="ModelFormatException">It leads outside, or is no path.</exception>
    public static string Written(string folder, string written, string place)
    {
        var parts = written.Split('/', '\\');
        if (written.Contains('\0', StringComparison.Ordinal) || Path.IsPathRooted(written) || parts is [[_, ':', ..], ..] || parts[0].Length == 0 || parts.Contains(".."))
            throw new ModelFormatException($"{place}: '{written.Replace('\0', '?')}' may lead outside the model's directory: a relative path without '..' is needed");
        return Path.GetFullPath(Path.Combine(folder, written));
    }

    /// <summary>Proves that a file is what it seems before it is opened: a file that holds something, no link to elsewhere, and no pointer of Git LFS.</summary>
    /// <param name="path">The file, absolute; it is there.</param>
    /// <exception cref="ModelFormatException">It is not; the message names it.</exception>
    public void Check(string path)
    {
        var real = RealPath(path);
        if (!Array.Exists(_roots.Value, root => IsBelow(real, root)) && !IsBlob(real))
            throw new ModelFormatException($"{NameOf(path)} is a link to a place outside the directories of models");
        var length = new FileInfo(real).Length;
        // What is no regular file has no length, and may block whoever opens it, or never end.
        if (length == 0)
            throw new ModelFormatException($"{NameOf(path)} is empty, or no file at all");
        if (length <= MaxPointerBytes && File.ReadAllBytes(real).AsSpan().StartsWith("version https://git-lfs"u8))
            throw new ModelFormatException($"{NameOf(path)} is a Git LFS pointer, not the file that it stands for: run 'git lfs pull' where it was cloned");
    }

    /// <summary>Reads a small file whole.</summary>
    /// <param name="name">Its name in the directory; it is there.</param>
    /// <exception cref="ModelFormatException">As of <see cref="Check"/>, or it is too large.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public byte[] Read(string name)
    {
        var path = PathOf(name);
        Check(path);
        return new FileInfo(RealPath(path)).Length > MaxTextBytes
            ? throw new ModelFormatException($"{name} has more than {MaxTextBytes >> 20} MB")
            : File.ReadAllBytes(path);
    }

    /// <summary>Reads a JSON file.</summary>
    /// <param name="name">Its name in the directory.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ModelFormatException">It is not JSON, or as of <see cref="Read"/>.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public ConfigJson? ReadJson(string name) => Has(name) ? ConfigJson.Parse(Read(name), name) : null;

    private static bool IsBelow(string path, string root) =>
        path == root || path.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>Whether it lies where the hub's cache keeps contents: models--owner--name/blobs/digest.</summary>
    private static bool IsBlob(string path) =>
        Path.GetDirectoryName(path) is { } blobs && Path.GetFileName(blobs) == "blobs"
        && Path.GetFileName(Path.GetDirectoryName(blobs))?.StartsWith("models--", StringComparison.Ordinal) == true;

    /// <summary>The path with every link on it followed.</summary>
    public static string RealPath(string path)
    {
        var root = Path.GetPathRoot(path)!;
        var rest = new Stack<string>(path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse());
        var real = root;
        for (var links = 0; rest.TryPop(out var part);)
        {
            if (part == ".")
                continue;
            var next = part == ".." ? Path.GetDirectoryName(real) ?? real : Path.Combine(real, part);
            if (part == ".." || new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
                throw new IOException($"'{Path.GetFileName(path)}' is a link that leads round in circles");
            if (Path.IsPathRooted(target))
                real = Path.GetPathRoot(target)!;
            foreach (var step in target.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
                rest.Push(step);
        }

        return real;
    }
}
