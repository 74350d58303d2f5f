using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orrery.Standalone.Tests.Models;

/// <summary>A server with the hub's routes: the list of files, and their contents behind a redirect, with ranges.</summary>
internal sealed class HubServer : IAsyncDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly WebApplication _app;

    private HubServer(WebApplication app) => _app = app;

    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Bytes after which the next download of a large file breaks off; null for never.</summary>
    public int? BreakAfter { get; set; }

    /// <summary>Whether the client has what was sent: a connection that is reset takes along what was not read yet.</summary>
    public Func<bool> HasArrived { get; set; } = () => true;

    /// <summary>The hash announced for a file instead of its own.</summary>
    public Dictionary<string, string> Hashes { get; } = [];

    /// <summary>Where downloads began, in order.</summary>
    public List<long> Starts { get; } = [];

    public string? RequiredToken { get; set; }

    /// <summary>Answers in place of the list of files.</summary>
    public RequestDelegate? Listing { get; set; }

    /// <summary>Answers in place of a file's contents.</summary>
    public RequestDelegate? Content { get; set; }

    /// <summary>Where files are said to be; null for where they are.</summary>
    public string? Elsewhere { get; set; }

    public string Address => _app.Urls.First();

    public static async Task<HubServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var hub = new HubServer(app);
        app.MapGet("/api/models/{owner}/{name}/revision/{revision}", (RequestDelegate)hub.ListAsync);
        app.MapGet("/{owner}/{name}/resolve/{revision}/{**file}", (RequestDelegate)hub.ResolveAsync);
        app.MapGet("/cdn/{**file}", (RequestDelegate)hub.ContentAsync);
        await app.StartAsync();
        return hub;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ListAsync(HttpContext context)
    {
        if (Listing is { } listing)
            await listing(context);
        else if (RequiredToken is not null && context.Request.Headers.Authorization != $"Bearer {RequiredToken}")
            context.Response.StatusCode = 401;
        else if ((string?)context.Request.RouteValues["owner"] != "owner")
            context.Response.StatusCode = 404;
        else
            await context.Response.WriteAsync($$"""{"sha":"{{Commit}}","siblings":[{{string.Join(',', Files.Select(Describe))}}]}""");
    }

    private string Describe(KeyValuePair<string, byte[]> file)
    {
        var lfs = file.Key.EndsWith(".onnx", StringComparison.Ordinal);
        var hash = Hashes.GetValueOrDefault(file.Key) ?? Convert.ToHexStringLower(SHA256.HashData(file.Value));
        byte[] blob = [.. Encoding.ASCII.GetBytes($"blob {file.Value.Length}\0"), .. file.Value];
#pragma warning disable CA5350 // Git names blobs so.
        var id = Convert.ToHexStringLower(SHA1.HashData(blob));
#pragma warning restore CA5350
        return $$"""{"rfilename":"{{file.Key}}","size":{{file.Value.Length}},"blobId":"{{id}}"{{(lfs ? $$""","lfs":{"sha256":"{{hash}}"}""" : "")}}}""";
    }

    private Task ResolveAsync(HttpContext context)
    {
        Assert.Equal(Commit, context.Request.RouteValues["revision"]);
        context.Response.Redirect(Elsewhere ?? $"/cdn/{context.Request.RouteValues["file"]}");
        return Task.CompletedTask;
    }

    private async Task ContentAsync(HttpContext context)
    {
        if (Content is { } other)
        {
            await other(context);
            return;
        }

        var name = (string)context.Request.RouteValues["file"]!;
        var content = Files[name];
        var from = (int)(context.Request.GetTypedHeaders().Range?.Ranges.First().From ?? 0);
        if (name.EndsWith(".onnx", StringComparison.Ordinal))
            Starts.Add(from);
        context.Response.StatusCode = from > 0 ? 206 : 200;
        context.Response.ContentLength = content.Length - from;
        if (BreakAfter is { } bytes && name.EndsWith(".onnx", StringComparison.Ordinal))
        {
            BreakAfter = null;
            await context.Response.Body.WriteAsync(content.AsMemory(from, bytes));
            await context.Response.Body.FlushAsync();
            while (!HasArrived() && !context.RequestAborted.IsCancellationRequested)
                await Task.Delay(5);
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(content.AsMemory(from));
    }
}
