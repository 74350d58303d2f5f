using System.Text.Json;

namespace Orrery.Standalone.Models;

/// <summary>A file of a repository.</summary>
/// <param name="Name">Its path within the repository.</param>
/// <param name="Size">Bytes; null where the hub does not say.</param>
/// <param name="Sha256">Lower-case hex, for files in large file storage; null for others.</param>
/// <param name="BlobId">Git's SHA-1 of the blob, lower-case hex; null where the hub does not say.</param>
internal sealed record HubFile(string Name, long? Size, string? Sha256, string? BlobId);

/// <summary>A revision of a repository.</summary>
/// <param name="Commit">The commit that the revision names.</param>
/// <param name="Files">Its files.</param>
internal sealed record HubRevision(string Commit, IReadOnlyList<HubFile> Files)
{
    private const int MaxFiles = 100_000;
    private const int MaxName = 1024;

    /// <summary>Reads the hub's answer. Whatever is in it becomes a revision or one sentence.</summary>
    /// <param name="json">The answer.</param>
    /// <param name="revision">What was asked for: the commit, where the answer names none.</param>
    /// <exception cref="HubException">It is no list of files; the message says what is wrong.</exception>
    public static HubRevision Read(ReadOnlyMemory<byte> json, string revision)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement, revision);
        }
        catch (JsonException e)
        {
            throw new HubException($"the hub's list of files is not valid JSON: {e.Message}");
        }
        catch (InvalidOperationException)
        {
            // JSON may escape half of a surrogate pair; such text is found only when it is read.
            throw new HubException("the hub's list of files has half of a surrogate pair in a text");
        }
    }

    private static HubRevision Read(JsonElement root, string revision)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("siblings", out var siblings) || siblings.ValueKind != JsonValueKind.Array)
            throw new HubException("the hub did not answer with a list of files ('siblings')");
        if (siblings.GetArrayLength() > MaxFiles)
            throw new HubException($"the hub lists {siblings.GetArrayLength()} files; at most {MaxFiles} are read");
        var commit = Text(root, "sha", "the revision") ?? revision;
        if (commit.Length > MaxName || commit.Any(c => !char.IsAsciiLetterOrDigit(c) && !"/-_.".Contains(c, StringComparison.Ordinal)))
            throw new HubException("the hub's 'sha' is no commit");
        var files = new Dictionary<string, HubFile>(StringComparer.Ordinal);
        foreach (var sibling in siblings.EnumerateArray())
        {
            var file = ReadFile(sibling);
            if (!files.TryAdd(file.Name, file))
                throw new HubException($"the hub lists {file.Name} twice");
        }

        return new HubRevision(commit, [.. files.Values]);
    }

    private static HubFile ReadFile(JsonElement sibling)
    {
        if (sibling.ValueKind != JsonValueKind.Object || Text(sibling, "rfilename", "a file") is not { Length: > 0 } name)
            throw new HubException("the hub lists a file without a name ('rfilename')");
        // Nor what turns the direction of reading: a name is to be seen as it is.
        if (name.Length > MaxName || name.Any(c => char.IsControl(c) || c is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069'))
            throw new HubException($"the hub lists a file with a name of {name.Length} characters, or with characters that are not to be shown");
        string? sha256 = null;
        if (sibling.TryGetProperty("lfs", out var lfs) && lfs.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
            sha256 = lfs.ValueKind == JsonValueKind.Object ? Hex(lfs, "sha256", 64, name) : throw new HubException($"{name}: 'lfs' is not what the hub says of a large file");
        long? size = null;
        if (sibling.TryGetProperty("size", out var number) && number.ValueKind != JsonValueKind.Null)
            size = number.ValueKind == JsonValueKind.Number && number.TryGetInt64(out var bytes) && bytes >= 0 ? bytes : throw new HubException($"{name}: 'size' is no number of bytes");
        return new HubFile(name, size, sha256, Hex(sibling, "blobId", 40, name));
    }

    private static string? Hex(JsonElement parent, string field, int digits, string file) => Text(parent, field, file) switch
    {
        null => null,
        var text when text.Length == digits && text.All(char.IsAsciiHexDigit) => text.ToLowerInvariant(),
        _ => throw new HubException($"{file}: '{field}' is not {digits} hex digits"),
    };

    private static string? Text(JsonElement parent, string field, string of)
    {
        if (!parent.TryGetProperty(field, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new HubException($"the hub's '{field}' of {of} is no text");
    }
}
