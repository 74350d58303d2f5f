using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Orrery.Api.Http;

/// <summary>A request's whole body in one pooled block. Dispose returns it.</summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBlock = 64 << 10;

    private byte[]? _block;
    private int _length;

    private RequestBody(byte[] block) => _block = block;

    /// <summary>The bytes, decompressed.</summary>
    public ReadOnlyMemory<byte> Bytes => _block.AsMemory(0, _length);

    /// <summary>Reads to the end, refusing more than <paramref name="limit"/> bytes after decompression.</summary>
    /// <returns>The body, or the status (400, 413, 415) and a sentence that says why there is none.</returns>
    public static async ValueTask<(RequestBody? Body, int Status, string? Message)> ReadAsync(HttpContext context, long limit, CancellationToken cancellation)
    {
        var request = context.Request;
        if (request.ContentLength > limit)
            return (null, StatusCodes.Status413PayloadTooLarge, TooLarge(limit));

        if (Decompressed(request, out var encoding) is not { } source)
            return (null, StatusCodes.Status415UnsupportedMediaType, $"Content-Encoding '{encoding}' is not supported: use gzip or deflate");

        // Ours is the limit that names itself; the server's own only stops what a decompressor would never hand over.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
            server.MaxRequestBodySize = limit + 4096;

        // One byte more than announced lets the end be seen without growing; a client's promise alone does not take memory.
        var body = new RequestBody(ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength + 1 ?? 4096, FirstBlock)));
        try
        {
            while (true)
            {
                if (body._length == body._block!.Length)
                    body.Grow();
                var read = await source.ReadAsync(body._block.AsMemory(body._length), cancellation);
                if (read == 0)
                    return (body, StatusCodes.Status200OK, null);
                body._length += read;
                if (body._length > limit)
                {
                    body.Dispose();
                    return (null, StatusCodes.Status413PayloadTooLarge, TooLarge(limit));
                }
            }
        }
        catch (InvalidDataException)
        {
            body.Dispose();
            return (null, StatusCodes.Status400BadRequest, $"the body is not valid {encoding}");
        }
        catch (BadHttpRequestException e)
        {
            body.Dispose();
            return (null, e.StatusCode, e.Message);
        }
        catch
        {
            body.Dispose();
            throw;
        }
        finally
        {
            if (source != request.Body)
                await source.DisposeAsync();
        }
    }

    /// <summary>The body's bytes as they were before the client compressed them; null when how is not known.</summary>
    public static Stream? Decompressed(HttpRequest request, out string encoding)
    {
        encoding = request.Headers.ContentEncoding.ToString();
        return encoding.ToUpperInvariant() switch
        {
            "" or "IDENTITY" => request.Body,
            "GZIP" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            // HTTP's deflate is zlib's format (RFC 9110, 8.4.1.2).
            "DEFLATE" => new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            _ => null,
        };
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _block, null) is { } block)
            ArrayPool<byte>.Shared.Return(block);
    }

    private static string TooLarge(long limit) => $"the body is larger than {limit} bytes";

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_block!.Length * 2);
        _block.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_block);
        _block = larger;
    }
}
