using System.Buffers;
using System.IO.Compression;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Orrery.Api.Http;

/// <summary>A request's whole body in one block, with its room among the bytes in flight. Dispose returns both.</summary>
internal sealed class RequestBody : IDisposable
{
    // The pool would keep what is larger for ever.
    private const int LargestPooled = 1 << 20;

    private readonly BodyRoom _rooms;
    private readonly long _limit;
    private byte[]? _block;
    private int _length;
    private BytesInFlight? _room;
    private long _taken;
    private CancellationTokenSource? _late;
    private CancellationTokenSource? _ended;

    private RequestBody(byte[] block, long limit, BodyRoom rooms) => (_block, _limit, _rooms) = (block, limit, rooms);

    /// <summary>The bytes, decompressed.</summary>
    public ReadOnlyMemory<byte> Bytes => _block.AsMemory(0, _length);

    /// <summary>Reads to the end, refusing more than <paramref name="limit"/> bytes after decompression.</summary>
    /// <returns>The body, or the status (400, 408, 413, 415, 503) and a sentence that says why there is none.</returns>
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
        var body = new RequestBody(
            ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength + 1 ?? 4096, BodyRoom.SmallBytes)), limit, context.RequestServices.GetRequiredService<BodyRoom>());
        try
        {
            // What is compressed says nothing of what it will be.
            var announced = source == request.Body ? request.ContentLength : null;
            if (!await body.TakeRoomAsync(announced ?? BodyRoom.SmallBytes, cancellation))
                return NoRoom(body);
            while (true)
            {
                if (body._length == body._block!.Length)
                {
                    // Beyond the first block it may become as large as any: to wait piece by piece could have all wait for each other.
                    if (body._length > body._taken && !await body.TakeRoomAsync(limit, cancellation))
                        return NoRoom(body);
                    body.Grow();
                }

                // Most bodies are there at once, and need no clock. Of one of which nothing comes at all the server itself tires.
                if (source != request.Body || (body._length > 0 && body._length != announced))
                    body.StartClock(cancellation);
                var read = await source.ReadAsync(body._block.AsMemory(body._length), body._ended?.Token ?? cancellation);
                if (read == 0)
                {
                    body.StopClock();
                    return (body, StatusCodes.Status200OK, null);
                }

                body._length += read;
                if (body._length > limit)
                {
                    body.Dispose();
                    return (null, StatusCodes.Status413PayloadTooLarge, TooLarge(limit));
                }
            }
        }
        catch (OperationCanceledException) when (body._late?.IsCancellationRequested == true && !cancellation.IsCancellationRequested)
        {
            var seconds = BodyRoom.Time(body._taken).TotalSeconds;
            body.Dispose();
            return (null, StatusCodes.Status408RequestTimeout, $"the body did not come within {seconds:0} s, and others wait for its room");
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
        catch (IOException e) when (IsMalformed(e, context))
        {
            body.Dispose();
            return (null, StatusCodes.Status400BadRequest, $"the body cannot be read: {e.Message}");
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

    /// <summary>Whether it is the body that is wrong, and not the connection that is gone: of a chunk's size that no number holds Kestrel says so by a plain exception.</summary>
    public static bool IsMalformed(IOException error, HttpContext context) =>
        error is not (BadHttpRequestException or ConnectionResetException) && !context.RequestAborted.IsCancellationRequested;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _block, null) is not { } block)
            return;
        StopClock();
        GiveBack(block);
        _room?.Return(_taken);
    }

    private static (RequestBody? Body, int Status, string? Message) NoRoom(RequestBody body)
    {
        body.Dispose();
        return (null, StatusCodes.Status503ServiceUnavailable, $"there was no room for the body within {BytesInFlight.Patience.TotalSeconds:0} s: those of other requests take all of Api:MaxBytesInFlight");
    }

    /// <summary>Takes room for so many bytes, in exchange for what it has.</summary>
    private async ValueTask<bool> TakeRoomAsync(long bytes, CancellationToken cancellation)
    {
        _room?.Return(_taken);
        (_room, _taken) = (null, 0);
        // The wait is not the sender's.
        StopClock();
        var room = _rooms.For(bytes);
        if (await room.TakeAsync(bytes, cancellation) is not { } taken)
            return false;
        (_room, _taken) = (room, taken);
        return true;
    }

    private void StartClock(CancellationToken cancellation)
    {
        if (_late is not null)
            return;
        _late = _rooms.Deadline(_taken);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, cancellation);
    }

    private void StopClock()
    {
        _ended?.Dispose();
        _late?.Dispose();
        (_ended, _late) = (null, null);
    }

    private static void GiveBack(byte[] block)
    {
        if (block.Length <= LargestPooled)
            ArrayPool<byte>.Shared.Return(block);
    }

    private static string TooLarge(long limit) => $"the body is larger than {limit} bytes";

    private void Grow()
    {
        var size = _block!.Length * 2L;
        var larger = size <= LargestPooled ? ArrayPool<byte>.Shared.Rent((int)size) : GC.AllocateUninitializedArray<byte>((int)Math.Min(size, Math.Max(_limit + 1, _block.Length + 1L)));
        _block.AsSpan(0, _length).CopyTo(larger);
        GiveBack(_block);
        _block = larger;
    }
}
