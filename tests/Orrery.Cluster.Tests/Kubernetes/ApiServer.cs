using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orrery.Cluster.Tests.Kubernetes;

/// <summary>
/// As much of Kubernetes' API server as a silo asks: a namespace's pods, one, listed by labels and watched, over TLS with a certificate of its
/// own, for whoever brings the token.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    public const string Namespace = "orrery";

    private const string Token = "the-token-of-a-service-account";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, string>> _pods = [];
    private readonly List<Channel<string>> _watches = [];
    private readonly WebApplication _app;
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-kubernetes-").FullName;

    private ApiServer(WebApplication app) => _app = app;

    /// <summary>A client's configuration, as kubectl has it.</summary>
    public string Kubeconfig => Path.Combine(_folder, "config");

    /// <summary>How many watch now.</summary>
    public int Watches
    {
        get
        {
            lock (_gate)
                return _watches.Count;
        }
    }

    /// <summary>What every request is answered with instead; null for the truth.</summary>
    public HttpStatusCode? Refusal { get; set; }

    /// <summary>Whether pods may be read and listed, but not watched.</summary>
    public bool RefusesWatch { get; set; }

    public static async Task<ApiServer> StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kubernetes", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        var server = new ApiServer(app);
        app.Use(server.AdmitAsync);
        app.MapGet($"/api/v1/namespaces/{Namespace}/pods/{{name}}", server.ReadAsync);
        app.MapGet($"/api/v1/namespaces/{Namespace}/pods", (HttpContext context) => context.Request.Query["watch"] == "true" ? server.WatchAsync(context) : server.ListAsync(context));
        await app.StartAsync();
        await File.WriteAllTextAsync(server.Kubeconfig,
            $"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters:
              - name: test
                cluster:
                  server: {app.Urls.Single()}
                  certificate-authority-data: {Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()))}
            users:
              - name: test
                user:
                  token: {Token}
            contexts:
              - name: test
                context:
                  cluster: test
                  user: test
            """);
        return server;
    }

    /// <summary>A pod comes, as our manifests have it.</summary>
    public void Add(string name, string cluster = "orrery")
    {
        lock (_gate)
        {
            _pods.Add(name, new() { ["orleans/clusterId"] = cluster, ["orleans/serviceId"] = "orrery", ["app.kubernetes.io/name"] = "orrery-silo" });
            Tell("ADDED", name);
        }
    }

    /// <summary>A pod is gone.</summary>
    public void Delete(string name)
    {
        lock (_gate)
        {
            Tell("DELETED", name);
            _pods.Remove(name);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _watches.ForEach(watch => watch.Writer.TryComplete());
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        if (Refusal is { } refusal)
            await FailAsync(context, refusal);
        else if (context.Request.Headers.Authorization != $"Bearer {Token}")
            await FailAsync(context, HttpStatusCode.Unauthorized);
        else
            await next(context);
    }

    private Task ReadAsync(HttpContext context, string name)
    {
        lock (_gate)
            return _pods.ContainsKey(name) ? AnswerAsync(context, Pod(name)) : FailAsync(context, HttpStatusCode.NotFound);
    }

    private Task ListAsync(HttpContext context)
    {
        lock (_gate)
            return AnswerAsync(context, new { kind = "PodList", apiVersion = "v1", metadata = new { resourceVersion = "1" }, items = Selected(context).Select(Pod).ToArray() });
    }

    private async Task WatchAsync(HttpContext context)
    {
        if (RefusesWatch)
        {
            await FailAsync(context, HttpStatusCode.Forbidden);
            return;
        }

        var watch = Channel.CreateUnbounded<string>();
        lock (_gate)
        {
            // A watch without a version begins with what is there.
            foreach (var name in Selected(context))
                watch.Writer.TryWrite(Event("ADDED", name));
            _watches.Add(watch);
        }

        try
        {
            context.Response.ContentType = "application/json";
            await context.Response.StartAsync();
            await foreach (var line in watch.Reader.ReadAllAsync(context.RequestAborted))
            {
                await context.Response.WriteAsync(line + "\n");
                await context.Response.Body.FlushAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The silo has gone.
        }
        finally
        {
            lock (_gate)
                _watches.Remove(watch);
        }
    }

    private List<string> Selected(HttpContext context)
    {
        var wanted = context.Request.Query["labelSelector"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=')).ToList();
        return [.. _pods.Where(pod => wanted.All(one => pod.Value.GetValueOrDefault(one[0]) == one[1])).Select(pod => pod.Key)];
    }

    private void Tell(string what, string name)
    {
        foreach (var watch in _watches)
            watch.Writer.TryWrite(Event(what, name));
    }

    private string Event(string what, string name) => JsonSerializer.Serialize(new { type = what, @object = Pod(name) });

    private object Pod(string name) => new { kind = "Pod", apiVersion = "v1", metadata = new { name, @namespace = Namespace, labels = _pods[name] }, spec = new { containers = Array.Empty<object>() } };

    private static Task AnswerAsync(HttpContext context, object what) => context.Response.WriteAsJsonAsync(what);

    private static Task FailAsync(HttpContext context, HttpStatusCode status)
    {
        context.Response.StatusCode = (int)status;
        return AnswerAsync(context, new { kind = "Status", apiVersion = "v1", status = "Failure", code = (int)status });
    }
}
