using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orrery.Api.Tests.Stores;

/// <summary>What is wrong with a service.</summary>
public enum Mood
{
    Well,

    /// <summary>Takes what it gets, and answers later than anybody waits.</summary>
    Slow,

    /// <summary>Takes what it gets, and breaks the connection instead of answering.</summary>
    TakesAndResets,

    /// <summary>Breaks the connection.</summary>
    Resets,
    TooManyRequests,
    Fails,
}

/// <summary>A service on a real socket that takes upserts into index "talks" and remembers their order, in changing moods.</summary>
internal sealed class UnsteadyPinecone : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<(string Namespace, string Id, float Value)> _taken = [];

    private UnsteadyPinecone(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.MapGet("/indexes/talks", context => context.Response.WriteAsync(
            $$"""{"name":"talks","metric":"cosine","dimension":2,"vector_type":"dense","host":"{{context.Request.Host}}","status":{"ready":true,"state":"Ready"},"spec":{ } }"""));
        _app.MapPost("/vectors/upsert", UpsertAsync);
        _app.MapGet("/vectors/list", context => context.Response.WriteAsync("{}"));
    }

    public Mood Mood { get; set; }

    public int Port { get; private set; }

    /// <summary>The first component of each record that was taken, in order, those that came twice too.</summary>
    public IReadOnlyList<(string Namespace, string Id, float Value)> Taken
    {
        get
        {
            lock (_gate)
                return [.. _taken];
        }
    }

    public static async Task<UnsteadyPinecone> StartAsync(int port = 0)
    {
        var service = new UnsteadyPinecone(port);
        await service._app.StartAsync();
        service.Port = new Uri(service._app.Urls.First()).Port;
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task UpsertAsync(HttpContext context)
    {
        using var json = await JsonDocument.ParseAsync(context.Request.Body);
        var mood = Mood;
        if (mood is Mood.Well or Mood.Slow or Mood.TakesAndResets)
            Take(json.RootElement);
        switch (mood)
        {
            case Mood.Well:
                await context.Response.WriteAsync("""{"upsertedCount":1}""");
                break;
            case Mood.Slow:
                await Task.Delay(TimeSpan.FromSeconds(30), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            case Mood.TooManyRequests:
                context.Response.Headers.RetryAfter = "1";
                context.Response.StatusCode = 429;
                break;
            case Mood.Fails:
                context.Response.StatusCode = 500;
                break;
            default:
                context.Abort();
                break;
        }
    }

    private void Take(JsonElement body)
    {
        var name = body.TryGetProperty("namespace", out var named) ? named.GetString()! : "";
        lock (_gate)
        {
            foreach (var vector in body.GetProperty("vectors").EnumerateArray())
                _taken.Add((name, vector.GetProperty("id").GetString()!, vector.GetProperty("values")[0].GetSingle()));
        }
    }
}
