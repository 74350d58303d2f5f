using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;

namespace Orrery.Cluster.Tests.Support;

/// <summary>One answer, on the stopwatch's clock.</summary>
/// <param name="Status">The status; 0 where the connection broke.</param>
/// <param name="Began">When it was asked for.</param>
/// <param name="Ended">When it was there.</param>
/// <param name="Reason">The body of a failure.</param>
internal sealed record HttpAnswer(int Status, long Began, long Ended, string Reason)
{
    public TimeSpan Took => Stopwatch.GetElapsedTime(Began, Ended);
}

/// <summary>
/// Connections that ask a front for embeddings again and again until they are told to stop; every answer is kept. They pause between
/// requests: processes that start meanwhile need the processors too.
/// </summary>
internal sealed class HttpLoad : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<HttpAnswer> _answers = new();
    private readonly HttpClient _http;
    private readonly Task[] _callers;

    private HttpLoad(ClusterProcess front, string model, int connections)
    {
        _http = new HttpClient { BaseAddress = front.Http.BaseAddress, Timeout = 2 * Deadline };
        _http.DefaultRequestHeaders.Add("X-Timeout-Ms", Deadline.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        _callers = [.. Enumerable.Range(0, connections).Select(caller => Task.Run(() => AskAsync(model, caller)))];
    }

    public IReadOnlyCollection<HttpAnswer> Answers => _answers;

    public IEnumerable<HttpAnswer> Failures => _answers.Where(answer => answer.Status != 200);

    /// <summary>The longest anybody waited.</summary>
    public TimeSpan Longest => _answers.Max(answer => answer.Took);

    public static HttpLoad Start(ClusterProcess front, string model, int connections = 16) => new(front, model, connections);

    /// <summary>Waits for some more answers.</summary>
    public async Task MoreAsync(int answers)
    {
        var wanted = _answers.Count + answers;
        for (var clock = Stopwatch.StartNew(); _answers.Count < wanted; await Task.Delay(5))
            Assert.True(clock.Elapsed < 2 * Deadline, $"{_answers.Count} answers, {wanted} wanted");
    }

    /// <summary>Lets each connection finish its last request.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_callers);
    }

    public string Summary() =>
        $"{_answers.Count} answers ({string.Join(", ", _answers.CountBy(answer => answer.Status).OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} x {pair.Key}"))}), the longest took {Longest.TotalMilliseconds:f0} ms"
        + string.Concat(Failures.Select(answer => $"{answer.Reason} after {answer.Took.TotalMilliseconds:f0} ms").Distinct().Take(5).Select(reason => "; " + reason));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task AskAsync(string model, int caller)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var began = Stopwatch.GetTimestamp();
            var (status, reason) = (0, "");
            try
            {
                using var answer = await _http.PostAsJsonAsync("/v1/embeddings", new { model, input = $"text {i} of caller {caller}" });
                status = (int)answer.StatusCode;
                var body = await answer.Content.ReadAsStringAsync();
                reason = status == 200 ? "" : body;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                reason = e.Message;
            }

            _answers.Enqueue(new HttpAnswer(status, began, Stopwatch.GetTimestamp(), reason));
            await Task.Delay(_pause);
        }
    }
}
