using System.Net.Http.Headers;

namespace Orrery.Standalone.Models;

/// <summary>
/// Asks the hub, and does not trust it: redirects stay with http and https, a hub that sends next to nothing for a while is given up, and no answer
/// is read beyond what it may have.
/// </summary>
internal sealed class HubConnection(HttpClient http, string? token, TimeSpan patience) : IDisposable
{
    private const int MaxRedirects = 10;

    // Less than this in the time of patience is a hub that has stalled.
    private const int LeastBytes = 1024;
    private const int ReadBytes = 1 << 17;

    /// <summary>A connection that follows no redirect by itself and has no time limit of its own.</summary>
    /// <param name="token">What the hub knows its caller by; null for none. Sent to the hub's own host only.</param>
    /// <param name="patience">How long the hub may send next to nothing.</param>
    public static HubConnection Create(string? token, TimeSpan patience)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, MaxResponseHeadersLength = 64, MaxResponseDrainSize = 0 };
        var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("orrery/0.1");
        return new HubConnection(http, token, patience);
    }

    /// <summary>Whether an address is one that a hub may have.</summary>
    public static bool IsWeb(Uri uri) => uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps;

    public void Dispose() => http.Dispose();

    /// <summary>Asks, and follows redirects.</summary>
    /// <param name="uri">What for.</param>
    /// <param name="from">The first byte wanted; null for all.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The answer's head; its body is to be read with <see cref="ReadAsync"/>.</returns>
    /// <exception cref="HubException">It cannot be reached, stalls, or sends elsewhere than to the web.</exception>
    public async Task<HttpResponseMessage> SendAsync(Uri uri, long? from, CancellationToken cancellation)
    {
        var host = uri.Authority;
        for (var hops = 0; ; hops++)
        {
            var response = await SendOnceAsync(uri, uri.Authority == host, from, cancellation);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
                return response;
            using (response)
            {
                if (response.Headers.Location is not { } location)
                    throw new HubException($"{uri.Host} answered {(int)response.StatusCode} and did not say where to");
                if (!Uri.TryCreate(uri, location, out var next))
                    throw new HubException($"{uri.Host} sends on to '{location.OriginalString}', which is no address");
                if (!IsWeb(next) || (uri.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp))
                    throw new HubException($"{uri.Host} sends on from {uri.Scheme} to {next.Scheme}:, which is not followed");
                if (hops == MaxRedirects)
                    throw new HubException($"{uri.Host} sends on more than {MaxRedirects} times");
                uri = next;
            }
        }
    }

    /// <summary>Reads an answer's body.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="most">Bytes that it may have.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="take">Gets each part.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether that was all of it; false when it has more bytes than it may, of which no more are read.</returns>
    /// <exception cref="HubException">It stalls.</exception>
    public async Task<bool> ReadAsync(HttpResponseMessage response, long most, string what, Func<ReadOnlyMemory<byte>, ValueTask> take, CancellationToken cancellation)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stall.CancelAfter(patience);
        var (total, marked) = (0L, 0L);
        try
        {
            await using var from = await response.Content.ReadAsStreamAsync(stall.Token);
            var buffer = new byte[ReadBytes];
            int read;
            while ((read = await from.ReadAsync(buffer, stall.Token)) > 0)
            {
                if ((total += read) > most)
                    return false;
                await take(buffer.AsMemory(0, read));
                if (total - marked < LeastBytes)
                    continue;
                marked = total;
                stall.CancelAfter(patience);
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Stalled(what);
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(Uri uri, bool own, long? from, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        if (token is not null && own)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (from is not null)
            request.Headers.Range = new RangeHeaderValue(from, null);
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stall.CancelAfter(patience);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token);
        }
        catch (HttpRequestException e)
        {
            throw new HubException($"{uri.Host} cannot be reached: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Stalled(uri.Host);
        }
    }

    private HubException Stalled(string what) =>
        new($"{what}: next to nothing came for {patience.TotalSeconds:0.#} s (HF_HUB_DOWNLOAD_TIMEOUT); what came so far is kept, run the command again to go on");
}
