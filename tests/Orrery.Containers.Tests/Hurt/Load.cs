using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Orrery.Containers.Tests.Hurt;

/// <summary>
/// Clients that ask the front again and again with the default deadline, until they are told to stop; every answer is kept. They pause a
/// moment between requests: what starts meanwhile needs the processors too.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private const int Clients = 8;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Answer> _answers = new();
    private readonly HttpClient _http;
    private readonly Task[] _clients;

    private Load(Uri address, string path, Func<int, int, string> body, Action<int, int>? acknowledged)
    {
        // Twice the deadline: the server answers first, whatever happens.
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        _clients = [.. Enumerable.Range(0, Clients).Select(client => Task.Run(() => AskAsync(path, client, body, acknowledged)))];
    }

    public IReadOnlyCollection<Answer> Answers => _answers;

    /// <summary>Texts that are scored by every detector that ships.</summary>
    public static Load OfScores(Uri address) =>
        new(address, "/v1/score", (client, i) => $$"""{"input":"where is my card, asks client {{client}} for the {{i}}th time?"}""", null);

    /// <summary>Texts that are embedded and kept, <see cref="Kept.PerRequest"/> at a time.</summary>
    public static Load OfUpserts(Uri address, Kept kept) => new(address, "/v1/embeddings", kept.Body, kept.Acknowledge);

    /// <summary>Lets each client finish its last request, which ends by its deadline at the latest.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients).WaitAsync(TimeSpan.FromSeconds(70));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task AskAsync(string path, int client, Func<int, int, string> body, Action<int, int>? acknowledged)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            using var content = new StringContent(body(client, i), Encoding.UTF8, "application/json");
            var began = Stopwatch.GetTimestamp();
            var (status, reason) = (0, "");
            try
            {
                using var answer = await _http.PostAsync(path, content);
                var said = await answer.Content.ReadAsStringAsync();
                (status, reason) = ((int)answer.StatusCode, answer.IsSuccessStatusCode ? "" : said);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
            {
                reason = e.Message;
            }

            _answers.Enqueue(new Answer(status, began, Stopwatch.GetTimestamp(), reason));
            if (status == 200)
                acknowledged?.Invoke(client, i);
            await Task.Delay(_pause);
        }
    }
}
