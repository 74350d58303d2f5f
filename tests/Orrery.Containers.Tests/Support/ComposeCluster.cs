using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orrery.Api.Tests.Support;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Containers.Tests.Support;

/// <summary>How the cluster stands, as <c>/v1/cluster</c> tells it.</summary>
internal sealed record ClusterStatus(SeenSilo[] Silos, SeenModel[] Models, SeenReplica[] Replicas)
{
    /// <summary>The silos with a replica that answers, one entry a replica.</summary>
    public string[] Ready(string model) => [.. Replicas.Where(replica => replica.Model == model && replica.State == "ready").Select(replica => replica.Silo)];
}

internal sealed record SeenSilo(string Silo, bool Draining);

internal sealed record SeenModel(string Model, string State, string? Reason, int Desired);

internal sealed record SeenReplica(string Model, string Silo, string State);

/// <summary>The repository's compose.yaml, running.</summary>
internal sealed class ComposeCluster : IAsyncDisposable
{
    public const string Front = "front";
    public const string Postgres = "postgres";

    private const string Project = "orrery-test";

    /// <summary>What docker makes of the network's name in the file.</summary>
    private const string Network = Project + "_cluster";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    private readonly TemporaryFolder _folder;
    private readonly Dictionary<string, string> _addresses;
    private readonly Dictionary<string, string> _containers = [];

    private ComposeCluster(TemporaryFolder folder, Uri address, Dictionary<string, string> addresses)
    {
        (_folder, Address, _addresses) = (folder, address, addresses);
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>Where the front is reached.</summary>
    public Uri Address { get; }

    public HttpClient Http { get; }

    /// <summary>The silos' services.</summary>
    public IReadOnlyCollection<string> Silos => _addresses.Keys;

    private string File => FileIn(_folder);

    /// <summary>Starts all of it, and waits until the front is ready.</summary>
    /// <param name="change">Changes services by name before, their environment say.</param>
    public static async Task<ComposeCluster> StartAsync(Action<string, JsonObject> change)
    {
        var file = Assert.Single(Yaml.Documents(System.IO.File.ReadAllText(Repository.Path("compose.yaml"))));
        // What Debian's docker-compose 1.29 does not know.
        file.Remove("name");
        var port = Ports.Free();
        var addresses = new Dictionary<string, string>();
        foreach (var (name, service) in file["services"]!.AsObject().Select(pair => (pair.Key, pair.Value!.AsObject())))
        {
            (service["healthcheck"] as JsonObject)?.Remove("start_interval");
            // The images are there.
            service.Remove("build");
            if (name == Postgres)
                service["image"] = Environment.GetEnvironmentVariable("POSTGRES_IMAGE") ?? (string)service["image"]!;
            if (name == Front)
                service["ports"] = new JsonArray(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}:8080"));
            if (service["networks"] is JsonObject networks && (string?)networks["cluster"]?["ipv4_address"] is { } address)
                addresses[name] = address;
            change(name, service);
        }

        var folder = new TemporaryFolder();
        await System.IO.File.WriteAllTextAsync(FileIn(folder), file.ToJsonString());
        var cluster = new ComposeCluster(folder, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")), addresses);
        try
        {
            // Left behind by a run that was killed.
            await cluster.DownAsync();
            await cluster.ComposeAsync("up", "-d", "--no-build");
            foreach (var service in (string[])[Front, Postgres, .. addresses.Keys])
                cluster._containers[service] = await ContainerAsync(service);
            await Run.UntilAsync(async () => (await cluster.Http.GetAsync("/health/ready")).IsSuccessStatusCode, "the front ready", _patience, cluster.LogsAsync);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds to a service's environment.</summary>
    public static void Set(JsonObject service, params (string Name, string Value)[] variables)
    {
        foreach (var (name, value) in variables)
            service["environment"]![name] = value;
    }

    /// <summary>
    /// Where the front is reached without the engine's own proxy for published ports, which tells it nothing of a client that vanished while
    /// both wait for room.
    /// </summary>
    public async Task<Uri> DirectAsync() =>
        new($"http://{await Docker.DoAsync("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", _containers[Front])}:8080");

    public async Task<ClusterStatus> StatusAsync() => JsonSerializer.Deserialize<ClusterStatus>(await Http.GetStringAsync("/v1/cluster"), _json)!;

    /// <summary>Waits until every silo is there, and a model has as many replicas as the cluster wants of it, each on a silo of its own.</summary>
    public Task WholeAsync(string model, int replicas) => Run.UntilAsync(
        async () =>
        {
            var status = await StatusAsync();
            return status.Silos.Length == Silos.Count && Array.TrueForAll(status.Silos, silo => !silo.Draining)
                && status.Ready(model) is var ready && ready.Length == replicas && ready.Distinct().Count() == replicas;
        },
        $"{Silos.Count} silos and {replicas} replicas of {model}",
        _patience,
        async () => $"{await Http.GetStringAsync("/v1/cluster")}\n{await LogsAsync()}");

    /// <summary>The service whose silo has a replica of a model.</summary>
    public async Task<string> HolderAsync(string model)
    {
        var ready = (await StatusAsync()).Ready(model);
        return _addresses.First(silo => ready.Any(one => one.StartsWith(silo.Value + ":", StringComparison.Ordinal))).Key;
    }

    public async Task KillAsync(string service) => await Docker.DoAsync("kill", _containers[service]);

    public async Task StartAgainAsync(string service) => await Docker.DoAsync("start", _containers[service]);

    public async Task FreezeAsync(string service) => await Docker.DoAsync("pause", _containers[service]);

    public async Task ThawAsync(string service) => await Docker.DoAsync("unpause", _containers[service]);

    public async Task CutOffAsync(string service) => await Docker.DoAsync("network", "disconnect", Network, _containers[service]);

    /// <summary>Back at the address that the others know.</summary>
    public async Task ConnectAsync(string service) => await Docker.DoAsync("network", "connect", "--ip", _addresses[service], Network, _containers[service]);

    /// <summary>Asks it to end, and waits for that as long as compose.yaml would.</summary>
    /// <returns>Its exit code; 137 where it had to be killed.</returns>
    public async Task<int> StopAsync(string service)
    {
        var container = _containers[service];
        await Docker.DoAsync("stop", "--time", "45", container);
        return int.Parse(await Docker.DoAsync("inspect", "--format", "{{.State.ExitCode}}", container), CultureInfo.InvariantCulture);
    }

    /// <summary>What all containers printed last.</summary>
    public async Task<string> LogsAsync() => (await Docker.TryAsync("ps", "--all", "--filter", $"label=com.docker.compose.project={Project}", "--format", "{{.Names}} {{.Status}}")).Said
        + "\n" + await ComposeAsync("logs", "--no-color", "--tail", "60");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await DownAsync();
        _folder.Dispose();
    }

    private static string FileIn(TemporaryFolder folder) => Path.Combine(folder.Path, "compose.json");

    private Task<string> DownAsync() => ComposeAsync("down", "--volumes", "--timeout", "1");

    private Task<string> ComposeAsync(params string[] arguments) => Docker.ComposeAsync(["--project-name", Project, "--file", File, .. arguments]);

    private static async Task<string> ContainerAsync(string service)
    {
        var found = await Docker.DoAsync("ps", "--all", "--quiet", "--filter", $"label=com.docker.compose.project={Project}", "--filter", $"label=com.docker.compose.service={service}");
        return found.Length > 0 ? found : throw new InvalidOperationException($"there is no container of {service}");
    }
}
