using System.Net;
using System.Security.Cryptography;

namespace Orrery.Standalone.Models;

/// <summary>The hub said no, or something that cannot be; the message says what.</summary>
internal sealed class HubException(string message) : Exception(message);

/// <summary>
/// The Hugging Face hub's HTTP routes, as far as pulling needs them: the list of a revision's files
/// (<c>/api/models/{id}/revision/{rev}?blobs=true</c>) and their contents (<c>/{id}/resolve/{rev}/{file}</c>, redirected to a CDN).
/// </summary>
internal sealed class HubClient(HubConnection connection, Uri endpoint)
{
    private const int MaxListing = 32 << 20;

    // What no size was announced for is a card or a configuration.
    private const long MaxUnannounced = 64 << 20;

    /// <summary>Lists a revision's files.</summary>
    /// <exception cref="HubException">The hub refuses, stalls, or answers with something else.</exception>
    public async Task<HubRevision> ListAsync(string repository, string revision, CancellationToken cancellation)
    {
        var uri = new Uri(endpoint, $"api/models/{repository}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        using var response = await connection.SendAsync(uri, null, cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new HubException(Reason(response.StatusCode, $"{repository}@{revision}"));
        using var listing = new MemoryStream();
        if (!await connection.ReadAsync(response, MaxListing, "the hub's list of files", Keep, cancellation))
            throw new HubException($"the hub's list of files has more than {MaxListing} bytes");
        return HubRevision.Read(listing.GetBuffer().AsMemory(0, (int)listing.Length), revision);

        ValueTask Keep(ReadOnlyMemory<byte> part)
        {
            listing.Write(part.Span);
            return default;
        }
    }

    /// <summary>Downloads a file, going on where an earlier try ended, and checks it before it gets its name.</summary>
    /// <param name="repository">owner/name.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="file">The file.</param>
    /// <param name="path">Where it goes; what is unfinished lies beside it as .part.</param>
    /// <param name="progress">Told the bytes there are so far.</param>
    /// <param name="cancellation">Ends it; what came so far stays.</param>
    /// <exception cref="HubException">The hub refuses or stalls, or the contents are not what it announced.</exception>
    public async Task DownloadAsync(string repository, string commit, HubFile file, string path, IProgress<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = path + ".part";
        var have = File.Exists(part) ? new FileInfo(part).Length : 0;
        if (have > 0 && file.Size is { } all && have >= all)
        {
            File.Delete(part);
            have = 0;
        }

        if (file.Size - have is { } missing && new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace is var free && missing > free)
            throw new HubException($"{file.Name} needs {missing} bytes more, and the disk has {free}");
        var uri = new Uri(endpoint, $"{repository}/resolve/{commit}/{string.Join('/', file.Name.Split('/').Select(Uri.EscapeDataString))}");
        using (var response = await connection.SendAsync(uri, have > 0 ? have : null, cancellation))
        {
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
                throw new HubException(Reason(response.StatusCode, $"{repository}: {file.Name}"));
            // A server that does not do ranges sends all of it again; one that sends another range sends nothing that is of use.
            if (response.StatusCode == HttpStatusCode.OK)
                have = 0;
            else if (response.Content.Headers.ContentRange is { From: { } from } && from != have)
                throw new HubException($"{repository}: {file.Name}: the hub was asked for what follows byte {have} and sent what follows byte {from}");
            var most = (file.Size ?? Math.Min(response.Content.Headers.ContentLength + have ?? MaxUnannounced, MaxUnannounced)) - have;
            bool whole;
            await using (var to = new FileStream(part, have > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0))
            {
                whole = await connection.ReadAsync(response, most, file.Name, async bytes =>
                {
                    await to.WriteAsync(bytes, cancellation);
                    progress.Report(have += bytes.Length);
                }, cancellation);
            }

            if (!whole)
            {
                File.Delete(part);
                throw new HubException($"{file.Name} is longer than {(file.Size is null ? "files may be whose size the hub does not announce" : $"the {file.Size} bytes that were announced")}; nothing of it was kept");
            }
        }

        if (await WrongAsync(file, part, cancellation) is { } wrong)
        {
            // Going on from wrong contents would never come right.
            File.Delete(part);
            throw new HubException($"{file.Name} {wrong}; nothing of it was kept");
        }

        File.Move(part, path, overwrite: true);
    }

    /// <summary>Whether a file on disk is the hub's.</summary>
    public static async Task<bool> IsWholeAsync(HubFile file, string path, CancellationToken cancellation) =>
        File.Exists(path) && (file.Sha256 ?? file.BlobId) is not null && await WrongAsync(file, path, cancellation) is null;

    private static async Task<string?> WrongAsync(HubFile file, string path, CancellationToken cancellation)
    {
        var length = new FileInfo(path).Length;
        if (file.Size is { } size && length != size)
            return $"has {length} bytes, but {size} were announced";
        if (file.Sha256 is not null)
        {
            await using var content = File.OpenRead(path);
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation));
            return hash == file.Sha256 ? null : $"has SHA-256 {hash}, but {file.Sha256} was announced";
        }

        return file.BlobId is { } blob && await GitBlobAsync(path, length, cancellation) is var id && id != blob
            ? $"has Git's blob id {id}, but {blob} was announced"
            : null;
    }

    // Git names small files by this hash; it guards against damage, not against malice.
    private static async Task<string> GitBlobAsync(string path, long length, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes($"blob {length}\0"));
        await using var content = File.OpenRead(path);
        var buffer = new byte[1 << 17];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
            hash.AppendData(buffer.AsSpan(0, read));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Reason(HttpStatusCode status, string what) => status switch
    {
        HttpStatusCode.NotFound => $"{what} does not exist on the hub",
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"the hub does not give {what} to you; if you may have it, set HF_TOKEN",
        HttpStatusCode.TooManyRequests => "the hub asks to come back later (429)",
        _ => $"the hub answered {(int)status} for {what}",
    };
}
