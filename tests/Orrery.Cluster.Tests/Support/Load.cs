using System.Collections.Concurrent;
using System.Diagnostics;
using Orrery.Engine;

namespace Orrery.Cluster.Tests.Support;

/// <summary>Callers that ask for embeddings one after another until they are told to stop, and remember every answer.</summary>
public sealed class Load
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _callers;

    private Load(IInferenceBackend backend, string model, int callers, int texts)
    {
        _callers = [.. Enumerable.Range(0, callers).Select(caller => Task.Run(() => AskAsync(backend, model, caller, texts)))];
    }

    /// <summary>Requests that were answered.</summary>
    public int Answered { get; private set; }

    public ConcurrentBag<InferenceError> Errors { get; } = [];

    /// <summary>Versions that answered, with the first and last time.</summary>
    public ConcurrentDictionary<string, int> Versions { get; } = new();

    public TimeSpan Longest { get; private set; }

    public static Load Start(IInferenceBackend backend, string model, int callers = 8, int texts = 1) => new(backend, model, callers, texts);

    /// <summary>Lets each caller finish its last request.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_callers);
    }

    /// <summary>Waits for some more answers.</summary>
    public async Task MoreAsync(int answers)
    {
        var wanted = Answered + answers;
        for (var clock = Stopwatch.StartNew(); Answered < wanted; await Task.Delay(10))
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(3), $"{Answered} answers, {wanted} wanted");
    }

    private async Task AskAsync(IInferenceBackend backend, string model, int caller, int texts)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var outcome = await backend.EmbedAsync(
                new EmbedRequest { Model = model, Inputs = [.. Enumerable.Range(0, texts).Select(text => TextInput.Of($"text {text} of request {i} of caller {caller}"))], Timeout = TimeSpan.FromSeconds(20) }, CancellationToken.None);
            var took = Stopwatch.GetElapsedTime(start);
            if (outcome.TryGet(out var output, out var error))
            {
                Versions.AddOrUpdate(output.Version, 1, static (_, count) => count + 1);
                output.Dispose();
            }
            else
            {
                Errors.Add(error);
            }

            lock (Errors)
            {
                Answered++;
                Longest = took > Longest ? took : Longest;
            }
        }
    }
}
