using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orrery.Engine;
using Orrery.Training.Data;

namespace Orrery.Standalone.Training;

/// <summary>
/// orrery score: a file in, what detectors say of each row out. Killed at any moment and called again, it goes on where whole rows end.
/// Beside the output lies a note of what is being scored by what, until it is done: other data or another version does not go on.
/// </summary>
internal static class ScoreCommand
{
    private const int BlockRows = 256;
    private const int InFlight = 8;

    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "Texts: .csv, .tsv, .jsonl.", Required = true };
        var text = new Option<string>("--text-column") { Description = "The texts' column.", DefaultValueFactory = _ => "text" };
        var id = new Option<string?>("--id-column") { Description = "A column to name rows by in the output; without it rows are numbered from 0." };
        var detectors = new Option<string[]>("--detector") { Description = "A detector's name; several times for several.", Required = true };
        var folders = new Option<string[]>("--detectors") { Description = "Where detectors are looked for." };
        var models = new Option<string[]>("--models") { Description = "Where models are looked for." };
        var output = new Option<string>("--out") { Description = "What is written: .csv, .tsv, .jsonl.", Required = true };
        var overwrite = new Option<bool>("--overwrite") { Description = "Begin anew whatever is there." };
        var command = new Command("score", "Scores a file with detectors, and goes on where it was stopped.") { data, text, id, detectors, folders, models, output, overwrite };
        command.SetAction((parsed, cancellation) => Commands.RunAsync(async () =>
        {
            await using var scope = await EngineScope.OpenAsync(parsed.GetValue(models) ?? [], parsed.GetValue(folders) ?? [], cancellation);
            var ready = new List<DetectorInfo>();
            foreach (var name in parsed.GetValue(detectors)!)
                ready.Add(await scope.LoadDetectorAsync(name, cancellation));
            var file = new LabelledFile(parsed.GetValue(data)!, new LabelledFileOptions { TextColumns = [parsed.GetValue(text)!], IdColumn = parsed.GetValue(id) });
            var job = new ScoreJob(scope.Backend, ready, file, parsed.GetValue(id), parsed.GetValue(output)!);
            await job.PrepareAsync(parsed.GetValue(overwrite), cancellation);
            var (rows, resumed) = await Progress.RunAsync(bar => job.RunAsync(bar("score"), cancellation));
            Console.WriteLine($"{rows} rows scored{(resumed > 0 ? $", {resumed} of them before" : "")}: {parsed.GetValue(output)}");
        }));
        return command;
    }

    /// <summary>One file on its way through detectors.</summary>
    private sealed class ScoreJob(LocalBackend backend, List<DetectorInfo> detectors, LabelledFile data, string? idColumn, string output)
    {
        private readonly string _note = output + ".resume";

        /// <summary>Sees to it that what is there is the beginning of this very job, or nothing.</summary>
        /// <exception cref="CommandException">It is something else.</exception>
        public async Task PrepareAsync(bool overwrite, CancellationToken cancellation)
        {
            if (Path.GetFullPath(output) == Path.GetFullPath(data.Path))
                throw new CommandException("--out is the file of --data");
            var job = JsonSerializer.Serialize(new { data = await data.DigestAsync(cancellation), detectors = detectors.Select(detector => detector.Digest) });
            if (overwrite)
            {
                File.Delete(output);
                File.Delete(_note);
            }

            if (File.Exists(_note) && (await File.ReadAllTextAsync(_note, cancellation)).Trim() != job)
                throw new CommandException($"--out: {output} was begun with other data or another version of a detector; give --overwrite to begin anew");
            if (!File.Exists(_note) && File.Exists(output))
                throw new CommandException($"--out: {output} exists; give --overwrite to begin anew");
            await File.WriteAllTextAsync(_note, job + "\n", cancellation);
        }

        public async Task<(long Rows, long Resumed)> RunAsync(Action<double> progress, CancellationToken cancellation)
        {
            using var written = ScoredFile.Open(output, [new(idColumn ?? "row"), .. detectors.SelectMany(detector => (ScoredColumn[])[new(detector.Name), new($"{detector.Name}_probability", IsNumber: true)])]);
            var resumed = written.Rows;
            var bytes = Math.Max(1.0, new FileInfo(data.Path).Length);
            var blocks = data.Read(resumed, cancellation).Chunk(BlockRows);
            await foreach (var (block, scored) in InOrder.SelectAsync(blocks, block => ScoreAsync(block, cancellation), InFlight, cancellation))
            {
                using (scored)
                {
                    for (var i = 0; i < block.Length; i++)
                        written.Append(Row(block[i], scored, i));
                }

                written.Flush();
                progress(Math.Min(1, block[^1].Offset / bytes));
            }

            progress(1);
            written.Flush();
            File.Delete(_note);
            return (written.Rows, resumed);
        }

        private async Task<(TextRow[] Block, DetectOutput Scored)> ScoreAsync(TextRow[] block, CancellationToken cancellation)
        {
            var request = new DetectRequest
            {
                Inputs = [.. block.Select(row => TextInput.Of(row.Text))],
                Detectors = [.. detectors.Select(detector => detector.Name)],
                Priority = Priority.Bulk,
            };
            return (await backend.DetectAsync(request, cancellation)).TryGet(out var scored, out var error) ? (block, scored) : throw BulkEmbedder.Located(error, block);
        }

        private string[] Row(TextRow row, DetectOutput scored, int index)
        {
            var values = new string[1 + (2 * detectors.Count)];
            values[0] = idColumn is null ? row.Number.ToString(CultureInfo.InvariantCulture) : row.Id!;
            for (var i = 0; i < detectors.Count; i++)
            {
                var (label, probability) = detectors[i].Decide(scored.Detectors[i][index]);
                values[1 + (2 * i)] = label < 0 ? "" : detectors[i].Labels[label];
                values[2 + (2 * i)] = probability.ToString("R", CultureInfo.InvariantCulture);
            }

            return values;
        }
    }
}
