using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Orrery.Bench;

/// <summary>A front and its silos, in processes of their own on loopback, as `./orrery cluster up` starts them.</summary>
internal sealed class ClusterProcesses : IDisposable
{
    private readonly List<ServerProcess> _silos = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("orrery-cluster-").FullName;
    private ServerProcess? _front;

    /// <summary>The front's port.</summary>
    public int Port => _front!.Port;

    /// <summary>The first silo's gateway.</summary>
    public required string Gateway { get; init; }

    /// <summary>Processor seconds of all silos so far.</summary>
    public double SiloCpuSeconds => _silos.Sum(silo => silo.CpuSeconds);

    /// <summary>Processor seconds of the front so far.</summary>
    public double FrontCpuSeconds => _front!.CpuSeconds;

    /// <summary>Resident megabytes of front and silos.</summary>
    public (double Front, double Silos) ResidentMegabytes => (_front!.ResidentMegabytes, _silos.Sum(silo => silo.ResidentMegabytes));

    /// <summary>Whether the programs were built.</summary>
    public static bool Built => File.Exists(Program("silo")) && File.Exists(Program("front"));

    /// <summary>Starts silos on the processor that hold one replica of each model each, and a front; waits until it answers for all.</summary>
    /// <param name="silos">How many.</param>
    /// <param name="models">Model directories.</param>
    /// <param name="requests">What the front must answer, one for each model.</param>
    public static async Task<ClusterProcesses> StartAsync(int silos, string[] models, byte[][] requests)
    {
        var cluster = await StartAsync([.. Enumerable.Repeat("cpu", silos)], models, requests, replicas: silos);
        try
        {
            if (silos > 1)
                await cluster.SpreadAsync(silos);
        }
        catch
        {
            cluster.Dispose();
            throw;
        }

        return cluster;
    }

    /// <summary>Starts a silo on each device, of the gpu pool where that is not the processor, and a front; waits until it answers for all models.</summary>
    /// <param name="devices">Execution providers.</param>
    /// <param name="models">Model directories.</param>
    /// <param name="requests">What the front must answer, one for each model.</param>
    /// <param name="replicas">Of each model.</param>
    public static async Task<ClusterProcesses> StartAsync(string[] devices, string[] models, byte[][] requests, int replicas = 1)
    {
        var silos = devices.Length;
        var ports = Enumerable.Range(0, 2 * silos).Select(_ => ServerProcess.FreePort()).ToArray();
        var cluster = new ClusterProcesses { Gateway = Endpoint(ports[1]) };
        (string, string)[] place = [("ORRERY__Cluster__Database", ""), ("ORRERY__Cluster__Directory", cluster._directory)];
        try
        {
            for (var i = 0; i < silos; i++)
            {
                cluster._silos.Add(await ServerProcess.StartAsync(
                    Program("silo"), ["--port", "{port}", .. models.SelectMany(model => (string[])["--models", model])], HttpLoad.ReadyRequest(),
                    [
                        .. place, ("ORRERY__Silo__Port", Number(ports[2 * i])), ("ORRERY__Silo__GatewayPort", Number(ports[(2 * i) + 1])),
                        ("ORRERY__Silo__Device", devices[i] == "cpu" ? "cpu" : "gpu"), ("ORRERY__Engine__Devices", devices[i]),
                        ("ORRERY__Fleet__MinReplicas", Number(replicas)), ("ORRERY__Fleet__MaxReplicas", Number(replicas)),
                    ]));
            }

            cluster._front = await ServerProcess.StartAsync(Program("front"), ["--port", "{port}"], requests[0], place);
            foreach (var request in requests)
                await cluster._front.AnswerAsync(request);
        }
        catch
        {
            cluster.Dispose();
            throw;
        }

        return cluster;
    }

    /// <summary>The front's account of silos, models and replicas, as JSON.</summary>
    public Task<string> StatusAsync() => _front!.GetAsync("/v1/cluster");

    public void Dispose()
    {
        _front?.Dispose();
        foreach (var silo in _silos)
            silo.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The first silo took all replicas while it was alone: they are placed anew, one a silo.</summary>
    private async Task SpreadAsync(int silos)
    {
        while ((await SilosByModelAsync("silos", "silo")).Sum(group => group.Count()) < silos)
            await Task.Delay(100);
        foreach (var model in (await SilosByModelAsync("models", "model")).Select(group => group.Key))
        {
            foreach (var order in (string[])["unload", "load"])
                await _front!.PostAsync($"/v2/repository/models/{model}/{order}");
        }

        var clock = Stopwatch.StartNew();
        while ((await SilosByModelAsync("replicas", "model")).Any(replicas => replicas.Distinct().Count() < silos))
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(1))
                throw new TimeoutException("replicas were not spread over the silos within a minute");
            await Task.Delay(100);
        }
    }

    /// <summary>A list of the cluster's status, grouped: where each entry is.</summary>
    private async Task<ILookup<string, string>> SilosByModelAsync(string list, string by)
    {
        using var view = JsonDocument.Parse(await StatusAsync());
        return view.RootElement.GetProperty(list).EnumerateArray()
            .Where(entry => !entry.TryGetProperty("state", out var state) || state.GetString() == "ready")
            .ToLookup(entry => entry.GetProperty(by).GetString()!, entry => entry.TryGetProperty("silo", out var silo) ? silo.GetString()! : "");
    }

    private static string Program(string kind) => Path.Combine(Places.Root, ".cache", "cluster", kind, $"orrery-{kind}");

    private static string Endpoint(int port) => $"127.0.0.1:{Number(port)}";

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
