using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Orrery.Standalone.Cluster;

/// <summary>Shows the processes: to people a table that stays where it is, to files a line for each change.</summary>
internal sealed class ClusterView(TextWriter output)
{
    private readonly Dictionary<string, string> _said = [];
    private bool _ready;

    /// <summary>The table, and under it what the dead said last.</summary>
    public static IRenderable Table(IReadOnlyList<ProcessStatus> statuses, string logs)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("process", "pid", "state", "address", "models", "per second", "memory");
        foreach (var status in statuses)
        {
            table.AddRow(
                Text(status.Plan.Name), Text(status.Id?.ToString(CultureInfo.InvariantCulture) ?? "-"), new Text(status.StateText, new Style(Colour(status.State))), Text(status.Plan.Address.Authority),
                Text(status.Models), Text(Rate(status)), Text(Memory(status.Memory)));
        }

        var rows = new List<IRenderable> { table };
        foreach (var dead in statuses.Where(status => status.LastLines is not null))
            rows.Add(new Text($"{dead.Plan.Name} {dead.StateText}; it said last:\n{string.Concat(dead.LastLines!.Select(line => $"    {line}\n"))}"));
        rows.Add(new Text($"{Summary(statuses) ?? $"{statuses.Count(status => status.State == ProcessState.Ready)} of {statuses.Count} processes are ready"}. Logs: {logs}. Ctrl-C stops all."));
        return new Rows(rows);
    }

    /// <summary>Writes what is new: states and models, not figures that always move.</summary>
    public void WriteChanges(IReadOnlyList<ProcessStatus> statuses)
    {
        foreach (var status in statuses)
        {
            if (status.State == ProcessState.Planned)
                continue;
            var line = $"{status.Plan.Name}  pid {status.Id}  {status.StateText}  {status.Plan.Address.Authority}{(status.Models.Length > 0 ? "  " + status.Models : "")}";
            if (_said.TryGetValue(status.Plan.Name, out var before) && before == line)
                continue;
            _said[status.Plan.Name] = line;
            output.WriteLine(status.Memory > 0 ? $"{line}  {Memory(status.Memory)}" : line);
            foreach (var last in status.LastLines ?? [])
                output.WriteLine($"    {last}");
        }

        var ready = Summary(statuses);
        if (ready is not null && !_ready)
            output.WriteLine(ready);
        _ready = ready is not null;
        output.Flush();
    }

    /// <summary>The first front's address once every process is ready; null before.</summary>
    private static string? Summary(IReadOnlyList<ProcessStatus> statuses) =>
        statuses.All(status => status.State == ProcessState.Ready) && statuses.FirstOrDefault(status => status.Plan.Kind == ProcessKind.Front) is { } front
            ? $"The cluster is ready: {front.Plan.Address.GetLeftPart(UriPartial.Authority)} (API: /docs)" : null;

    private static Text Text(string text) => new(text);

    private static Color Colour(ProcessState state) => state switch
    {
        ProcessState.Ready => Color.Green,
        ProcessState.Ended or ProcessState.Silent => Color.Red,
        _ => Color.Yellow,
    };

    private static string Rate(ProcessStatus status) =>
        status.Rate is not { } rate ? "-" : string.Create(CultureInfo.InvariantCulture, $"{rate:0} {(status.Plan.Kind == ProcessKind.Front ? "requests" : "texts")}");

    private static string Memory(long bytes) => bytes == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MB");
}
