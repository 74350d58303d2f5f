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
/// Connections that ask a front for embeddings, or something else, again and again until they are told to stop; every answer is kept. They pause between
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

    private HttpLoad(ClusterProcess front, int connections, Func<int, int, (string Path, object Body)> ask)
    {
        _http = new HttpClient { BaseAddress = front.Http.BaseAddress, Timeout = 2 * Deadline };
        _http.DefaultRequestHeaders.Add("X-Timeout-Ms", Deadline.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        _callers = [.. Enumerable.Range(0, connections).Select(caller => Task.Run(() => AskAsync(ask, caller)))];
    }

    public IReadOnlyCollection<HttpAnswer> Answers => _answers;

    public IEnumerable<HttpAnswer> Failures => _answers.Where(answer => answer.Status != 200);

    /// <summary>The longest anybody waited.</summary>
    public TimeSpan Longest => _answers.Max(answer => answer.Took);

    public static HttpLoad Start(ClusterProcess front, string model, int connections = 16) =>
        new(front, connections, (caller, i) => ("/v1/embeddings", new { model, input = $"text {i} of caller {caller}" }));

    /// <summary>Asks for whatever is wanted.</summary>
    /// <param name="front">Whom.</param>
    /// <param name="ask">What, by caller and number; told as path and body.</param>
    /// <param name="connections">How many ask at once.</param>
    public static HttpLoad Start(ClusterProcess front, Func<int, int, (string Path, object Body)> ask, int connections = 8) => new(front, connections, ask);

    /// <summary>Waits for some more answers.</summary>
    public async Task MoreAsync(int answers)
    {
        var wanted = _answers.Count + answers;
        for (var clock = Stopwatch.StartNew(); _answers.Count < wanted; await Task.Delay(5))
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(3), $"{_answers.Count} answers, {wanted} wanted");
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

    private async Task AskAsync(Func<int, int, (string Path, object Body)> ask, int caller)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var began = Stopwatch.GetTimestamp();
            var (status, reason) = (0, "");
            try
            {
                var (path, body) = ask(caller, i);
                using var answer = await _http.PostAsJsonAsync(path, body);
                status = (int)answer.StatusCode;
                var said = await answer.Content.ReadAsStringAsync();
                reason = status == 200 ? "" : said;
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
