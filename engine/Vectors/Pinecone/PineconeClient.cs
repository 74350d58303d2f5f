using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Sends one call, as often as it takes, and tells its answer or why there is none.</summary>
internal sealed class PineconeClient : IDisposable
{
    private static readonly MediaTypeHeaderValue _json = new("application/json");

    private readonly HttpClient _http;
    private readonly ResilientHosts _hosts;
    private readonly TimeProvider _time;

    /// <param name="options">What to say and how long to try.</param>
    /// <param name="handler">The connections; not disposed here.</param>
    /// <param name="time">The clock of waits and limits.</param>
    /// <param name="logger">Hears of tries.</param>
    public PineconeClient(PineconeOptions options, HttpMessageHandler handler, TimeProvider time, ILogger logger)
    {
        _time = time;
        _hosts = new ResilientHosts(options, time, logger);
        // Each try's time is the pipeline's, which knows which try it is.
        _http = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Add("Api-Key", options.ApiKey);
        _http.DefaultRequestHeaders.Add("X-Pinecone-Api-Version", options.ApiVersion);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("orrery", null));
    }

    /// <summary>Sends a call.</summary>
    /// <param name="method">How.</param>
    /// <param name="address">Where.</param>
    /// <param name="body">JSON as UTF-8, empty for none; not changed while the call runs.</param>
    /// <param name="patience">How long all tries together may take; null for as long as they do.</param>
    /// <param name="cancellation">Gives up, with an exception.</param>
    /// <returns>The answer, to be disposed of. An error with <see cref="InferenceError.RetryAfter"/> may pass by itself.</returns>
    public async ValueTask<Outcome<PineconeReply>> SendAsync(HttpMethod method, Uri address, ReadOnlyMemory<byte> body, TimeSpan? patience, CancellationToken cancellation)
    {
        using var limit = patience is { } most ? new CancellationTokenSource(most, _time) : null;
        using var either = limit is null ? null : CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var context = ResilienceContextPool.Shared.Get(either?.Token ?? cancellation);
        try
        {
            var outcome = await _hosts.Of(address).ExecuteOutcomeAsync(
                static (context, call) => call.Client.TryAsync(call.Method, call.Address, call.Body, context.CancellationToken),
                context,
                (Client: this, Method: method, Address: address, Body: body));
            cancellation.ThrowIfCancellationRequested();
            using var response = outcome.Result;
            return response is null ? NoAnswer(outcome.Exception!, address) : await ReadAsync(response, cancellation);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<Polly.Outcome<HttpResponseMessage>> TryAsync(HttpMethod method, Uri address, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, address);
        if (!body.IsEmpty)
            request.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = _json } };
        try
        {
            return Polly.Outcome.FromResult(await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // The only way in which HttpClient says that there is no answer.
            return Polly.Outcome.FromException<HttpResponseMessage>(e);
        }
    }

    private async ValueTask<Outcome<PineconeReply>> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        if (!response.IsSuccessStatusCode)
            return PineconeErrors.From(response.StatusCode, body, ResilientHosts.RetryAfter(response, _time));
        try
        {
            return new PineconeReply(JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body));
        }
        catch (JsonException e)
        {
            // There is no other way to ask whether bytes are JSON.
            return new InferenceError(InferenceErrorKind.Failed, $"Pinecone answered what is not JSON: {e.Message}");
        }
    }

    private static InferenceError NoAnswer(Exception exception, Uri address) => exception switch
    {
        BrokenCircuitException open => PineconeErrors.Unavailable($"Pinecone at {address.Authority} failed too often and is left alone for a while", open.RetryAfter),
        HttpRequestException broken => PineconeErrors.Unavailable($"Pinecone at {address.Authority} cannot be reached: {broken.Message}", null),
        _ => PineconeErrors.Unavailable($"Pinecone at {address.Authority} did not answer in time", null),
    };
}

/// <summary>What Pinecone answered.</summary>
internal sealed class PineconeReply(JsonDocument json) : IDisposable
{
    public JsonElement Json => json.RootElement;

    public void Dispose() => json.Dispose();
}
