using System.Text.RegularExpressions;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests;

/// <summary>
/// What the processes understand and serve, in one place: manifests, images and compose are compared with this and nothing else.
/// </summary>
internal static partial class Expected
{
    public const string Live = "/health/live";
    public const string Ready = "/health/ready";
    public const string Metrics = "/metrics";

    /// <summary>Where KEDA asks how many silos a pool wants.</summary>
    public static string Autoscale(string pool) => $"/v1/autoscale/{pool}";

    /// <summary>The numbers in that answer.</summary>
    public static readonly IReadOnlyList<string> AutoscaleFields = ["desired", "current", "value"];

    public static readonly IReadOnlyList<string> Pools = ["cpu", "gpu"];

    /// <summary>The time that a process gives itself where nothing is set.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Ports that the front listens on, by the name that manifests give them.</summary>
    public static readonly IReadOnlyDictionary<string, int> FrontPorts = new Dictionary<string, int> { ["http"] = 8080 };

    /// <inheritdoc cref="FrontPorts"/>
    public static readonly IReadOnlyDictionary<string, int> SiloPorts = new Dictionary<string, int> { ["http"] = 8081, ["silo"] = 11111, ["gateway"] = 30000 };

    public const int DatabasePort = 5432;

    /// <summary>Which variable sets which port.</summary>
    public static readonly IReadOnlyDictionary<string, string> PortVariables =
        new Dictionary<string, string> { ["PORT"] = "http", ["SILO_PORT"] = "silo", ["GATEWAY_PORT"] = "gateway" };

    /// <summary>Flags that manifests may pass.</summary>
    public static readonly IReadOnlyList<string> SiloFlags = ["--create-tables"];

    /// <summary>Sections of README's table that a front reads; tests of the cluster compare the table with the programs' own.</summary>
    private static readonly string[] FrontSections = ["Server", "Cluster", "Admin", "Telemetry", "Api", "Vectors"];

    private static readonly string[] SiloSections = ["Server", "Cluster", "Admin", "Telemetry", "Silo", "Fleet", "Engine", "Vectors"];

    /// <summary>What a front decides of the engine's settings.</summary>
    private static readonly string[] FrontEngineKeys = ["Engine:DefaultModel", "Engine:DefaultDetectors", "Engine:RequestTimeout"];

    /// <summary>Every variable that a front reads; any other with our prefix is refused at its start.</summary>
    public static IReadOnlySet<string> FrontVariables { get; } = Variables([.. FrontSections.SelectMany(FromReadme), .. FromReadme("Engine").Where(row => FrontEngineKeys.Contains(row.Key))]);

    /// <summary>Every variable that a silo reads.</summary>
    public static IReadOnlySet<string> SiloVariables { get; } = Variables(SiloSections.SelectMany(FromReadme));

    /// <summary>Orleans' own that the dashboard shows, as Microsoft.Orleans.Core 10.4.2 names them.</summary>
    public static readonly (string Name, string? Unit, string Kind)[] OrleansInstruments =
    [
        ("orleans-catalog-activations", null, "Gauge"),
        ("orleans-client-connected-gateways", null, "Gauge"),
        ("orleans-gateway-connected-clients", null, "UpDownCounter"),
        ("orleans-app-requests-timedout", null, "Counter"),
        ("orleans-messaging-sent-failed", null, "Counter"),
    ];

    /// <summary>What the program of an image understands; null for images that are not ours.</summary>
    public static IReadOnlySet<string>? VariablesOf(string image) =>
        image == "orrery-front" ? FrontVariables : image.StartsWith("orrery-silo", StringComparison.Ordinal) ? SiloVariables : null;

    /// <inheritdoc cref="VariablesOf"/>
    public static IReadOnlyDictionary<string, int>? PortsOf(string image) =>
        image == "orrery-front" ? FrontPorts : image.StartsWith("orrery-silo", StringComparison.Ordinal) ? SiloPorts : null;

    private static HashSet<string> Variables(IEnumerable<(string Key, string? ShortName)> settings) =>
        [.. settings.SelectMany(setting => new[] { "ORRERY__" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.ShortName }).OfType<string>()];

    /// <summary>A section of README's table of settings, which another test compares with the code's.</summary>
    private static IEnumerable<(string Key, string? ShortName)> FromReadme(string section) =>
        SettingRow().Matches(Checkout.Read("README.md"))
            .Where(row => row.Groups["key"].Value.StartsWith(section + ":", StringComparison.Ordinal))
            .Select(row => (row.Groups["key"].Value, row.Groups["short"].Value is { Length: > 0 } name ? name : null));

    [GeneratedRegex(@"^\| `(?<key>\w+:\w+)` \|[^|]*\| ?(?<short>\w*) ?\|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();
}
