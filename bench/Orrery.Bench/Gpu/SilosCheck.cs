using System.Text.Json;

namespace Orrery.Bench.Gpu;

/// <summary>A cluster of a cpu and a gpu silo, and the same encoder twice, pinned to either pool: each is where it belongs, and answers.</summary>
internal static class SilosCheck
{
    public static async Task<int> RunAsync(string model, string device)
    {
        var text = TextMix.Read(Places.Shared)[..1];
        // On the processor there is no other pool: both silos are of one, and so is the model.
        string[] pools = device == "cpu" ? ["cpu"] : ["cpu", "gpu"];
        var models = Array.ConvertAll(pools, pool => Pinned(model, pool));
        var requests = Array.ConvertAll(models, pinned => HttpLoad.EmbeddingRequests(Path.GetFileName(pinned), text, 1)[0]);
        using var cluster = await ClusterProcesses.StartAsync(["cpu", device], models, requests);
        using var view = JsonDocument.Parse(await cluster.StatusAsync());
        var silos = view.RootElement.GetProperty("silos").EnumerateArray().ToDictionary(silo => Text(silo, "silo"), silo => (Pool: Text(silo, "pool"), Device: Text(silo, "device")));
        var places = view.RootElement.GetProperty("replicas").EnumerateArray().Select(replica => (Model: Text(replica, "model"), Silo: silos[Text(replica, "silo")])).ToArray();
        var holds = pools.All(pool => places.Any(place => place.Model == $"{model}-{pool}")) && places.All(place => place.Model == $"{model}-{place.Silo.Pool}");
        return GpuCommand.Say(holds, $"each model answers from the silo that it is pinned to: {string.Join(", ", places.Select(place => $"{place.Model} on {place.Silo.Pool} ({place.Silo.Device})"))}");

        static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
    }

    /// <summary>The model under another name, with its files by reference and an orrery.json of its own.</summary>
    private static string Pinned(string model, string pool)
    {
        var from = Places.Model(model);
        var to = Path.Combine(Places.Root, ".cache", "bench", "pinned", $"{model}-{pool}");
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        Directory.CreateDirectory(to);
        foreach (var entry in Directory.EnumerateFileSystemEntries(from))
            File.CreateSymbolicLink(Path.Combine(to, Path.GetFileName(entry)), entry);
        File.WriteAllText(Path.Combine(to, "orrery.json"), $$"""{ "pool": "{{pool}}" }""");
        return to;
    }
}
