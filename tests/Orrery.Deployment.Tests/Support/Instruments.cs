using System.Text;
using System.Text.RegularExpressions;
using Orrery.Api.Metrics;

namespace Orrery.Deployment.Tests.Support;

/// <summary>The names under which /metrics exports what the code measures, read from the code's own calls that create instruments.</summary>
internal static partial class Instruments
{
    private static readonly string[] Folders = ["engine", "api", "hosting", "grains", "silo", "client-api"];

    /// <summary>Every name, a histogram's three among them.</summary>
    public static IReadOnlySet<string> Exported { get; } = Scan();

    /// <summary>The string literals among the arguments of a call: those of nested calls are not its own.</summary>
    internal static List<string> OwnStrings(string code, int open)
    {
        var found = new List<string>();
        var depth = 0;
        for (var i = open; i < code.Length; i++)
        {
            if (code[i] == '"')
            {
                var text = new StringBuilder();
                for (i++; code[i] != '"'; i++)
                    text.Append(code[i] == '\\' ? code[++i] : code[i]);
                if (depth == 1)
                    found.Add(text.ToString());
            }
            else if (code[i] is '(' or '[' or '{')
            {
                depth++;
            }
            else if (code[i] is ')' or ']' or '}' && --depth == 0)
            {
                return found;
            }
        }

        throw new InvalidDataException("a call does not end");
    }

    private static HashSet<string> Scan()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var output = $"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}";
        foreach (var folder in Folders.Select(name => Checkout.File(name)))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains(output, StringComparison.Ordinal)))
            {
                var code = File.ReadAllText(file);
                // What /metrics says of the process itself is no instrument; it is written by name.
                names.UnionWith(Written().Matches(code).Select(written => written.Groups["name"].Value));
                foreach (Match call in Creation().Matches(code))
                {
                    if (OwnStrings(code, call.Index + call.Length - 1) is { Count: > 0 } strings)
                        Add(names, strings[0], strings.Count > 1 ? strings[1] : null, call.Groups["kind"].Value);
                }
            }
        }

        foreach (var (name, unit, kind) in Expected.OrleansInstruments)
            Add(names, name, unit, kind);
        return names;
    }

    private static void Add(HashSet<string> names, string instrument, string? unit, string kind)
    {
        var exported = PrometheusText.NameOf(instrument, unit, kind.EndsWith("UpDownCounter", StringComparison.Ordinal) ? MetricKind.Gauge
            : kind.EndsWith("Counter", StringComparison.Ordinal) ? MetricKind.Counter
            : kind == "Histogram" ? MetricKind.Histogram : MetricKind.Gauge);
        if (kind == "Histogram")
            names.UnionWith([exported + "_bucket", exported + "_sum", exported + "_count"]);
        else
            names.Add(exported);
    }

    [GeneratedRegex(@"\.Create(?<kind>Counter|UpDownCounter|Histogram|Gauge|ObservableCounter|ObservableUpDownCounter|ObservableGauge)(<\w+>)?\(")]
    private static partial Regex Creation();

    [GeneratedRegex(@"\.Single\(""(?<name>\w+)""")]
    private static partial Regex Written();
}
