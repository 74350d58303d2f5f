using System.Globalization;
using System.Text.Json;

namespace Orrery.Standalone.Cluster;

/// <summary>What a process answered.</summary>
/// <param name="Ready">Whether it is ready; null when it did not answer.</param>
/// <param name="Models">Models that it says are ready.</param>
/// <param name="Count">Requests or texts since it began; null when unknown.</param>
internal readonly record struct ProbeAnswer(bool? Ready, int Models, double? Count);

/// <summary>Asks processes how they are, over HTTP.</summary>
internal sealed class ProcessProbe : IDisposable
{
    // What this very class asks for is no work.
    private static readonly string[] _own = ["route=\"/health", "route=\"/metrics", "route=\"/v1/cluster"];

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };

    /// <summary>Asks <c>/health/ready</c> and, of one that answers, <c>/metrics</c>.</summary>
    public async Task<ProbeAnswer> AskAsync(ProcessPlan plan, CancellationToken cancellation)
    {
        if (await GetAsync(new Uri(plan.Address, "/health/ready"), cancellation) is not (var ready, var body))
            return default;
        var metrics = await GetAsync(new Uri(plan.Address, "/metrics"), cancellation);
        var family = plan.Kind == ProcessKind.Front ? "orrery_api_requests_total" : "orrery_engine_items_total";
        return new(ready, ReadyModels(body), metrics is (true, var text) ? Sum(text, family) : null);
    }

    /// <summary>Asks a front's <c>/v1/cluster</c>: <c>{"replicas":[{"model":"…","silo":"address:port","state":"ready"}]}</c>.</summary>
    /// <returns>The replicas by silo and model, those that are not ready with their state; null when it did not answer.</returns>
    public async Task<IReadOnlyList<(string Silo, string Replica)>?> ReplicasAsync(ProcessPlan front, CancellationToken cancellation)
    {
        if (await GetAsync(new Uri(front.Address, "/v1/cluster"), cancellation) is not (true, var body))
            return null;
        try
        {
            using var json = JsonDocument.Parse(body);
            if (!json.RootElement.TryGetProperty("replicas", out var replicas) || replicas.ValueKind != JsonValueKind.Array)
                return null;
            var all = new List<(string, string)>();
            foreach (var replica in replicas.EnumerateArray())
            {
                var state = Text(replica, "state");
                all.Add((Text(replica, "silo"), Text(replica, "model") + (state.Equals("ready", StringComparison.OrdinalIgnoreCase) ? "" : $" ({state})")));
            }

            return all;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Adds up a family's series of Prometheus' text.</summary>
    public static double Sum(string metrics, string family)
    {
        var sum = 0.0;
        foreach (var line in metrics.AsSpan().EnumerateLines())
        {
            if (!line.StartsWith(family, StringComparison.Ordinal) || IsOwn(line) || line.LastIndexOf(' ') is not (> 0 and var space))
                continue;
            if (double.TryParse(line[(space + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                sum += value;
        }

        return sum;
    }

    public void Dispose() => _http.Dispose();

    private static bool IsOwn(ReadOnlySpan<char> line)
    {
        foreach (var route in _own)
        {
            if (line.Contains(route, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    private static int ReadyModels(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("models", out var models) && models.ValueKind == JsonValueKind.Array
                ? models.EnumerateArray().Count(model => Text(model, "state") == "ready") : 0;
        }
        catch (JsonException)
        {
            return 0;
        }
    }

    private static string Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private async Task<(bool Success, string Body)?> GetAsync(Uri address, CancellationToken cancellation)
    {
        try
        {
            using var answer = await _http.GetAsync(address, cancellation);
            return (answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
    }
}
