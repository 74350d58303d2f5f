using System.Globalization;
using System.Text;

namespace Orrery.Bench;

/// <summary>Markdown, shown as it grows.</summary>
internal sealed class Report
{
    private readonly StringBuilder _text = new();

    public override string ToString() => _text.ToString();

    public void Title(string command)
    {
        Line($"# Results\n\nMade by `{command}` on {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: {Processor()}, {Environment.ProcessorCount} cores, .NET {Environment.Version}.");
        Line("Clients and servers share the cores. Quote the ratios: single figures move with the machine.");
    }

    public void Section(string title) => Line($"## {title}");

    public void Line(string text)
    {
        _text.Append(text).Append("\n\n");
        Console.WriteLine(text + "\n");
    }

    public void Table(string title, string[] columns, IEnumerable<string[]> rows)
    {
        var table = new StringBuilder(title).Append("\n\n");
        table.Append("| ").AppendJoin(" | ", columns).Append(" |\n|").Insert(table.Length, "---|", columns.Length).Append('\n');
        foreach (var row in rows)
            table.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        Line(table.ToString().TrimEnd());
    }

    private static string Processor() =>
        File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("model name", StringComparison.Ordinal)).Split(':')[1].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown processor";
}
