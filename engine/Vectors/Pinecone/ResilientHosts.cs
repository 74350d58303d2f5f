using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>
/// How a call is tried, a pipeline a host: tries again outside, the circuit breaker within, each try's time innermost.
/// All of Pinecone's calls may be repeated: upserts and updates set, deletions of what is gone are no error.
/// </summary>
internal sealed class ResilientHosts(PineconeOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, ResiliencePipeline<HttpResponseMessage>> _pipelines = new(StringComparer.OrdinalIgnoreCase);

    public ResiliencePipeline<HttpResponseMessage> Of(Uri address) => _pipelines.GetOrAdd(address.Authority, Build);

    /// <summary>What a Retry-After says from now on, in seconds or as a date; null where there is none.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date - time.GetUtcNow());
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private ResiliencePipeline<HttpResponseMessage> Build(string host)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = options.RetryDelay,
                MaxDelay = _longestWait,
                ShouldHandle = arguments => ValueTask.FromResult(ShouldRetry(arguments.Outcome)),
                DelayGenerator = arguments => ValueTask.FromResult(Wait(arguments.Outcome)),
                OnRetry = arguments =>
                {
                    Log.TriedAgain(logger, host, arguments.AttemptNumber + 1, arguments.RetryDelay, Cause(arguments.Outcome));
                    arguments.Outcome.Result?.Dispose();
                    return default;
                },
            });
        }

        return builder
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                FailureRatio = 0.5,
                MinimumThroughput = options.BreakerTries,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = options.BreakerDelay,
                ShouldHandle = arguments => ValueTask.FromResult(IsHostsFault(arguments.Outcome)),
                OnOpened = arguments =>
                {
                    Log.LeftAlone(logger, host, arguments.BreakDuration, Cause(arguments.Outcome));
                    return default;
                },
                OnClosed = _ =>
                {
                    Log.AnswersAgain(logger, host);
                    return default;
                },
            })
            .AddTimeout(options.Timeout)
            .Build();
    }

    // A wait that nobody would sit through is the caller's to make, not ours.
    private bool ShouldRetry(Polly.Outcome<HttpResponseMessage> outcome) =>
        (IsHostsFault(outcome) || outcome.Result?.StatusCode == HttpStatusCode.TooManyRequests)
        && (outcome.Result is not { } response || RetryAfter(response, time) is not { } wait || wait <= _longestWait);

    // 429 is one namespace's, and says that the host is well.
    private static bool IsHostsFault(Polly.Outcome<HttpResponseMessage> outcome) =>
        outcome.Result is { } response
            ? response.StatusCode is HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError
            : outcome.Exception is HttpRequestException or TimeoutRejectedException;

    // Never before the time that was asked for, and not all clients at the same moment; null for the doubling wait.
    private TimeSpan? Wait(Polly.Outcome<HttpResponseMessage> outcome) =>
        outcome.Result is { } response && RetryAfter(response, time) is { } wait ? wait + (Random.Shared.NextDouble() * options.RetryDelay) : null;

    private static string Cause(Polly.Outcome<HttpResponseMessage> outcome) =>
        outcome.Result is { } response ? ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture) : outcome.Exception?.Message ?? "";
}
