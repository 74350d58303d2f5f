using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
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
internal sealed record HubRevision(string Commit, IReadOnlyList<HubFile> Files);

/// <summary>The hub said no; the message says what to do.</summary>
internal sealed class HubException(string message) : Exception(message);

/// <summary>
/// The Hugging Face hub's HTTP routes, as far as pulling needs them: the list of a revision's files
/// (<c>/api/models/{id}/revision/{rev}?blobs=true</c>) and their contents (<c>/{id}/resolve/{rev}/{file}</c>, redirected to a CDN).
/// </summary>
internal sealed class HubClient(HttpClient http, Uri endpoint, string? token)
{
    public async Task<HubRevision> ListAsync(string repository, string revision, CancellationToken cancellation)
    {
        var uri = new Uri(endpoint, $"api/models/{repository}/revision/{Uri.EscapeDataString(revision)}?blobs=true");
        using var response = await SendAsync(uri, null, cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new HubException(Reason(response.StatusCode, $"{repository}@{revision}"));
        using var document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellation), default, cancellation);
        var root = document.RootElement;
        if (!root.TryGetProperty("siblings", out var siblings) || siblings.ValueKind != JsonValueKind.Array)
            throw new HubException($"{uri} did not answer with a list of files");
        var files = new List<HubFile>();
        foreach (var sibling in siblings.EnumerateArray())
        {
            var name = sibling.GetProperty("rfilename").GetString()!;
            string? sha256 = null;
            if (sibling.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object && lfs.TryGetProperty("sha256", out var hash))
                sha256 = hash.GetString();
            files.Add(new HubFile(
                name, sibling.TryGetProperty("size", out var size) && size.TryGetInt64(out var bytes) ? bytes : null, sha256,
                sibling.TryGetProperty("blobId", out var blob) ? blob.GetString() : null));
        }

        return new HubRevision(root.TryGetProperty("sha", out var sha) ? sha.GetString() ?? revision : revision, files);
    }

    /// <summary>Downloads a file, going on where an earlier try ended, and checks it before it gets its name.</summary>
    /// <param name="repository">owner/name.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="file">The file.</param>
    /// <param name="path">Where it goes; what is unfinished lies beside it as .part.</param>
    /// <param name="progress">Told the bytes there are so far.</param>
    /// <param name="cancellation">Ends it; what came so far stays.</param>
    /// <exception cref="HubException">The hub refuses, or the contents are not what it announced.</exception>
    public async Task DownloadAsync(string repository, string commit, HubFile file, string path, IProgress<long> progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var part = path + ".part";
        var have = File.Exists(part) ? new FileInfo(part).Length : 0;
        if (have > 0 && file.Size is { } whole && have >= whole)
        {
            File.Delete(part);
            have = 0;
        }

        var uri = new Uri(endpoint, $"{repository}/resolve/{commit}/{string.Join('/', file.Name.Split('/').Select(Uri.EscapeDataString))}");
        using (var response = await SendAsync(uri, have > 0 ? have : null, cancellation))
        {
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
                throw new HubException(Reason(response.StatusCode, $"{repository}: {file.Name}"));
            // A server that does not do ranges sends all of it again.
            if (response.StatusCode == HttpStatusCode.OK)
                have = 0;
            await using var to = new FileStream(part, have > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write);
            await using var from = await response.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[1 << 17];
            int read;
            while ((read = await from.ReadAsync(buffer, cancellation)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
                progress.Report(have += read);
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

        return file.BlobId is { Length: 40 } blob && await GitBlobAsync(path, length, cancellation) is var id && id != blob
            ? $"has Git's blob id {id}, but {blob} was announced"
            : null;
    }

    // Git names small files by this hash; it guards against damage, not against malice.
    private static async Task<string> GitBlobAsync(string path, long length, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes($"blob {length}\0"));
        hash.AppendData(await File.ReadAllBytesAsync(path, cancellation));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task<HttpResponseMessage> SendAsync(Uri uri, long? from, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (from is not null)
            request.Headers.Range = new RangeHeaderValue(from, null);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException e)
        {
            throw new HubException($"{uri.Host} cannot be reached: {e.Message}");
        }
    }

    private static string Reason(HttpStatusCode status, string what) => status switch
    {
        HttpStatusCode.NotFound => $"{what} does not exist on the hub",
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => $"the hub does not give {what} to you; if you may have it, set HF_TOKEN",
        HttpStatusCode.TooManyRequests => "the hub asks to come back later (429)",
        _ => $"the hub answered {(int)status} for {what}",
    };
}
