using System.Globalization;
using System.Text;

namespace Orrery.Bench;

/// <summary>Markdown, shown as it grows.</summary>
internal sealed class Report
{
    private readonly StringBuilder _text = new();

    /// <summary>Puts this report in a file of several: in the place of the one that has its title, or at the end.</summary>
    public void Save(string path)
    {
        const string Heading = "# ";
        var own = _text.ToString();
        var title = own[..own.IndexOf('\n', StringComparison.Ordinal)];
        var parts = (File.Exists(path) ? "\n" + File.ReadAllText(path) : "").Split("\n" + Heading)[1..].Select(part => Heading + part.TrimEnd() + "\n").ToList();
        var place = parts.FindIndex(part => part.StartsWith(title + "\n", StringComparison.Ordinal));
        own = own.TrimEnd() + "\n";
        if (place >= 0)
            parts[place] = own;
        else
            parts.Add(own);
        File.WriteAllText(path, string.Join('\n', parts));
    }

    public void Title(string title, string command)
    {
        Line($"# {title}\n\nMade by `{command}` on {DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: {Processor()}, {Environment.ProcessorCount} cores, .NET {Environment.Version}.");
        Line("Clients and servers share the cores. Quote the ratios: single figures move with the machine.");
        if (File.Exists("/proc/loadavg"))
            Line($"Load average when it began, before any process of this run: {File.ReadAllText("/proc/loadavg").Split(' ')[0]}. Where that is not near 0 others had the cores too: believe processor times before rates.");
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
