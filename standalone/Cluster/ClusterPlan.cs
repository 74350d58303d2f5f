using System.Globalization;

namespace Orrery.Standalone.Cluster;

/// <summary>What was asked for.</summary>
/// <param name="Cpu">Silos without an accelerator.</param>
/// <param name="Gpu">Silos with one.</param>
/// <param name="Fronts">Fronts.</param>
/// <param name="Port">The first front's port; the others' are free ones.</param>
/// <param name="Models">Folders of models; empty for what silos find by themselves.</param>
/// <param name="Grace">How long a process may take to end.</param>
/// <param name="Directory">The folder of what the cluster remembers: its members, and what is served.</param>
internal sealed record ClusterSize(int Cpu, int Gpu, int Fronts, int Port, IReadOnlyList<string> Models, TimeSpan Grace, string Directory)
{
    /// <summary>Ports to be found: HTTP, silo and gateway of each silo, and HTTP of each front but the first.</summary>
    public int FreePorts => (3 * (Cpu + Gpu)) + Fronts - 1;
}

/// <summary>When a process is stopped, beside the others of its kind.</summary>
internal enum ProcessKind
{
    /// <summary>A silo: it computes.</summary>
    Silo,

    /// <summary>A front: it takes requests, so that it must go first.</summary>
    Front,
}

/// <summary>One process to be.</summary>
/// <param name="Name">What it is called here: silo-1, front-1.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Program">Its executable.</param>
/// <param name="Port">Its HTTP port on loopback.</param>
/// <param name="SiloPort">The port that other silos reach it at; 0 for a front.</param>
/// <param name="Settings">Variables that are set.</param>
/// <param name="Foreign">Variables that begin so belong to other processes, and would be refused by this one.</param>
internal sealed record ProcessPlan(
    string Name, ProcessKind Kind, string Program, int Port, int SiloPort, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<string> Foreign)
{
    /// <summary>Where it answers.</summary>
    public Uri Address { get; } = new($"http://127.0.0.1:{Port}");
}

/// <summary>Which processes make a cluster on one machine, and what each is told. Pure.</summary>
internal static class ClusterPlan
{
    /// <summary>Silos, then fronts.</summary>
    /// <param name="size">How many of which.</param>
    /// <param name="apps">The folder with <c>silo/orrery-silo</c> and <c>front/orrery-front</c>.</param>
    /// <param name="ports">As many free ports as the size needs.</param>
    public static IReadOnlyList<ProcessPlan> Make(ClusterSize size, string apps, IReadOnlyList<int> ports)
    {
        var silos = size.Cpu + size.Gpu;
        var shared = new Dictionary<string, string>
        {
            ["ORRERY__Server__Host"] = "127.0.0.1",
            ["ORRERY__Server__ShutdownTimeout"] = size.Grace.ToString("c", CultureInfo.InvariantCulture),
            // Whatever the user's own settings say: this cluster is of this machine.
            ["ORRERY__Cluster__Database"] = "",
            ["ORRERY__Cluster__Directory"] = size.Directory,
        };
        var plans = new List<ProcessPlan>();
        for (var i = 0; i < silos; i++)
        {
            var settings = new Dictionary<string, string>(shared)
            {
                ["ORRERY__Server__Port"] = Number(ports[3 * i]),
                ["ORRERY__Silo__Port"] = Number(ports[(3 * i) + 1]),
                ["ORRERY__Silo__GatewayPort"] = Number(ports[(3 * i) + 2]),
                ["ORRERY__Silo__Address"] = "127.0.0.1",
                ["ORRERY__Silo__Device"] = i < size.Cpu ? "cpu" : "gpu",
                // Of its own, and the same the next time: a folder is one silo's.
                ["ORRERY__Vectors__Directory"] = Path.Combine("vectors", $"silo-{i + 1}"),
            };
            if (i >= size.Cpu)
                settings["ORRERY__Engine__Devices"] = "cuda";
            if (size.Models.Count > 0)
                settings["ORRERY__Engine__ModelDirectories"] = string.Join(',', size.Models);
            plans.Add(new($"silo-{i + 1}", ProcessKind.Silo, Path.Combine(apps, "silo", "orrery-silo"), ports[3 * i], ports[(3 * i) + 1], settings, ["ORRERY__Api__"]));
        }

        for (var i = 0; i < size.Fronts; i++)
        {
            var port = i == 0 ? size.Port : ports[(3 * silos) + i - 1];
            var settings = new Dictionary<string, string>(shared) { ["ORRERY__Server__Port"] = Number(port) };
            plans.Add(new($"front-{i + 1}", ProcessKind.Front, Path.Combine(apps, "front", "orrery-front"), port, 0, settings, ["ORRERY__Engine__", "ORRERY__Silo__", "ORRERY__Vectors__Shards"]));
        }

        return plans;
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
