using System.Globalization;
using System.Text.RegularExpressions;

namespace Orrery.Cluster.Tests.Support;

/// <summary>One line of a process's metrics.</summary>
internal sealed record Sample(string Name, string Labels, double Value);

/// <summary>Prometheus' text, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), read strictly.</summary>
internal sealed partial class Metrics
{
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);

    private Metrics(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var seen = new HashSet<(string, string)>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (TypeLine().Match(line) is { Success: true } type)
            {
                Assert.True(_types.TryAdd(type.Groups[1].Value, type.Groups[2].Value), $"two families are called {type.Groups[1].Value}");
                continue;
            }

            if (HelpLine().IsMatch(line))
                continue;
            var match = SampleLine().Match(line);
            Assert.True(match.Success, $"not a line of Prometheus' text: {line}");
            var sample = new Sample(match.Groups[1].Value, match.Groups[2].Value, Number(match.Groups[3].Value));
            Assert.True(seen.Add((sample.Name, sample.Labels)), $"two samples of one series: {line}");
            Assert.True(_types.ContainsKey(sample.Name) || _types.GetValueOrDefault(Part().Replace(sample.Name, "")) == "histogram", $"no type precedes {line}");
            Samples.Add(sample);
        }
    }

    public List<Sample> Samples { get; } = [];

    public static async Task<Metrics> OfAsync(ClusterProcess process) => new(await process.Http.GetStringAsync("/metrics"));

    /// <summary>The sum of a name's samples whose labels hold some text; 0 where there is none.</summary>
    public double Sum(string name, string labels = "") =>
        Samples.Where(sample => sample.Name == name && sample.Labels.Contains(labels, StringComparison.Ordinal)).Sum(sample => sample.Value);

    /// <summary>Whether there is a sample of a name that begins so.</summary>
    public bool Holds(string prefix) => Samples.Exists(sample => sample.Name.StartsWith(prefix, StringComparison.Ordinal));

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* ")]
    private static partial Regex HelpLine();

    [GeneratedRegex("""^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\["\\n])*",?)*\})? (\S+)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();
}
