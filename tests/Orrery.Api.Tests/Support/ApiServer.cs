using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orrery.Api.Admin;
using Orrery.Api.Metrics;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Tests.Support;

/// <summary>The API on a real Kestrel socket over any backend, in this process or elsewhere.</summary>
public sealed partial class ApiServer : IAsyncDisposable
{
    // Null where the server is another process.
    private readonly WebApplication? _app;

    private ApiServer(WebApplication? app, Uri address, Errors errors)
    {
        _app = app;
        LoggedErrors = errors;
        Address = address;
        // Bytes above ASCII in headers are sent, not refused on this side.
        Client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1 }) { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>What was logged as an error; nothing is known of that where the server is elsewhere.</summary>
    public Errors LoggedErrors { get; }

    /// <summary>One that runs elsewhere.</summary>
    /// <param name="address">Where.</param>
    /// <param name="token">Its administrator's.</param>
    public static ApiServer At(Uri address, string token)
    {
        var server = new ApiServer(null, address, new Errors());
        server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return server;
    }

    /// <summary>Starts one on a free port.</summary>
    /// <param name="backend">What answers.</param>
    /// <param name="options">The limits.</param>
    /// <param name="admin">Who may change things.</param>
    /// <param name="peer">The address that clients seem to come from; null for their own.</param>
    /// <param name="vectors">Where vectors are; null for nowhere.</param>
    /// <param name="more">Registers what else the routes are to find.</param>
    public static async Task<ApiServer> StartAsync(
        IInferenceBackend backend, ApiOptions? options = null, AdminOptions? admin = null, IPAddress? peer = null, IVectorStore? vectors = null, Action<IServiceCollection>? more = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var errors = new Errors();
        builder.Logging.ClearProviders().AddProvider(errors);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (peer is not null)
                listen.Use(next => connection => { connection.RemoteEndPoint = new IPEndPoint(peer, 1024); return next(connection); });
        }));
        builder.Services.AddSingleton(backend);
        if (vectors is not null)
            builder.Services.AddSingleton(vectors);
        more?.Invoke(builder.Services);
        builder.Services.AddOrreryApi(options ?? new ApiOptions(), admin);
        var app = builder.Build();
        app.MapOrreryApi();
        await app.StartAsync();
        return new ApiServer(app, new Uri(app.Urls.First()), errors);
    }

    public async Task<Answer> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await PostAsync(path, content, headers);
    }

    public async Task<Answer> PostAsync(string path, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await SendAsync(request);
    }

    public async Task<Answer> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request);
    }

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request);
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType, response.Headers, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Waits until this server has answered everything: clients have an answer before it is counted as given.</summary>
    public async Task AssertNothingInFlightAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await InFlightAsync() > 0)
        {
            Assert.False(patience.IsCancellationRequested, "requests are still counted as in flight");
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is null)
            return;
        // Stopped first, it waits for what is still being counted.
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<long> InFlightAsync() => _app is not null
        ? _app.Services.GetRequiredService<ApiMetrics>().InFlight
        // The question itself is one.
        : long.Parse(InFlightLine().Match(await Client.GetStringAsync("/metrics")).Groups[1].Value, CultureInfo.InvariantCulture) - 1;

    [GeneratedRegex(@"^orrery_api_requests_in_flight\S* (\d+)", RegexOptions.Multiline)]
    private static partial Regex InFlightLine();

    /// <summary>Keeps error logs, and reads no others.</summary>
    public sealed class Errors : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _messages = new();

        public IReadOnlyCollection<string> Messages => _messages;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                _messages.Enqueue(formatter(state, exception) + exception);
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>An answer, read to its end.</summary>
public sealed record Answer(int Status, MediaTypeHeaderValue? ContentType, HttpResponseHeaders Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public float[] Floats() => Json.EnumerateArray().Select(value => value.GetSingle()).ToArray();

    public float[][] Rows() => Json.EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.GetSingle()).ToArray()).ToArray();
}
