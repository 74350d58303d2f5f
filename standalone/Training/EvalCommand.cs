using System.CommandLine;
using Orrery.Engine;
using Orrery.Training.Data;
using Orrery.Training.Metrics;

namespace Orrery.Standalone.Training;

/// <summary>orrery eval: a detector against a file it was not trained on, with the report that training gives.</summary>
internal static class EvalCommand
{
    private const int BlockRows = 256;
    private const int InFlight = 4;

    public static Command Create()
    {
        var detector = new Option<string>("--detector") { Description = "The detector's name.", Required = true };
        var data = new Option<string>("--data") { Description = "Labelled texts: .csv, .tsv, .jsonl.", Required = true };
        var text = new Option<string>("--text-column") { Description = "The texts' column.", DefaultValueFactory = _ => "text" };
        var pair = new Option<string?>("--pair-column") { Description = "The second texts' column, for a detector of pairs." };
        var label = new Option<string>("--label-column") { Description = "The labels' column.", DefaultValueFactory = _ => "label" };
        var output = new Option<string>("--out") { Description = "The folder for report.md and report.html.", Required = true };
        var folders = new Option<string[]>("--detectors") { Description = "Where detectors are looked for." };
        var models = new Option<string[]>("--models") { Description = "Where models are looked for." };
        var command = new Command("eval", "Measures a detector on labelled texts, and writes the report.") { detector, data, text, pair, label, output, folders, models };
        command.SetAction((parsed, cancellation) => Commands.RunAsync(async () =>
        {
            await using var scope = await EngineScope.OpenAsync(parsed.GetValue(models) ?? [], parsed.GetValue(folders) ?? [], cancellation);
            var info = await scope.LoadDetectorAsync(parsed.GetValue(detector)!, cancellation);
            if (info.Kind == DetectorKind.Pair != parsed.GetValue(pair) is not null)
                throw new CommandException(info.Kind == DetectorKind.Pair ? $"--pair-column is missing: '{info.Name}' judges pairs" : $"--pair-column: '{info.Name}' judges single texts");
            var file = new LabelledFile(parsed.GetValue(data)!, new LabelledFileOptions
            {
                TextColumns = parsed.GetValue(pair) is { } second ? [parsed.GetValue(text)!, second] : [parsed.GetValue(text)!],
                LabelColumn = parsed.GetValue(label),
            });
            var digest = await file.DigestAsync(cancellation);
            var start = TimeProvider.System.GetTimestamp();
            var (evaluation, rows) = await Progress.RunAsync(bar => MeasureAsync(scope.Backend, info, file, bar("score"), cancellation));
            var report = TrainingReport.OfEvaluation(evaluation, info, file.Path, digest, rows, TimeProvider.System.GetElapsedTime(start));
            await report.WriteAsync(parsed.GetValue(output)!, cancellation);
            Console.WriteLine($"{info.Name}: {rows} rows; {report.Summary}");
            foreach (var unseen in evaluation.Unseen)
                Console.WriteLine($"label '{unseen.Name}' is unknown to the detector: {unseen.Support} rows count as mistakes");
            Console.WriteLine($"Report: {Path.Combine(parsed.GetValue(output)!, "report.md")}, {Path.Combine(parsed.GetValue(output)!, "report.html")}");
        }));
        return command;
    }

    private static async Task<(Evaluation Evaluation, int Rows)> MeasureAsync(
        LocalBackend backend, DetectorInfo detector, LabelledFile file, Action<double> progress, CancellationToken cancellation)
    {
        var index = new LabelIndex(detector.Labels);
        var (actual, predicted) = (new List<int>(), new List<int>());
        var probabilities = new List<float>();
        var bytes = Math.Max(1.0, new FileInfo(file.Path).Length);
        await foreach (var (block, rows) in InOrder.SelectAsync(file.Read(cancellationToken: cancellation).Chunk(BlockRows), block => ScoreAsync(backend, detector, block, cancellation), InFlight, cancellation))
        {
            for (var i = 0; i < block.Length; i++)
            {
                var row = rows.AsSpan(i * detector.Labels.Length, detector.Labels.Length);
                actual.Add(index.Number(block[i].Label!));
                predicted.Add(TrainingReport.Decided(detector, row));
                foreach (var probability in row)
                    probabilities.Add(Math.Clamp(probability, 0, 1));
            }

            progress(Math.Min(1, block[^1].Offset / bytes));
        }

        progress(1);
        return (Evaluation.Of(index.Names, index.Classes, actual.ToArray(), predicted.ToArray(), probabilities.ToArray()), actual.Count);
    }

    private static async Task<(TextRow[] Block, float[] Rows)> ScoreAsync(LocalBackend backend, DetectorInfo detector, TextRow[] block, CancellationToken cancellation)
    {
        if (detector.Kind == DetectorKind.Pair)
            return await CompareAsync(backend, detector, block, cancellation);
        var request = new DetectRequest { Inputs = [.. block.Select(row => TextInput.Of(row.Text))], Detectors = [detector.Name], Priority = Priority.Bulk };
        if (!(await backend.DetectAsync(request, cancellation)).TryGet(out var output, out var error))
            throw BulkEmbedder.Located(error, block);
        using (output)
            return (block, output.Detectors[0].Values.ToArray());
    }

    private static async Task<(TextRow[] Block, float[] Rows)> CompareAsync(LocalBackend backend, DetectorInfo detector, TextRow[] block, CancellationToken cancellation)
    {
        var request = new CompareRequest { Inputs = [.. block.Select(row => TextInput.OfPair(row.Text, row.Texts[1]))], Detector = detector.Name, Priority = Priority.Bulk };
        if (!(await backend.CompareAsync(request, cancellation)).TryGet(out var output, out var error))
            throw BulkEmbedder.Located(error, block);
        var positive = detector.Labels.IndexOf(detector.Positive!);
        var rows = new float[block.Length * detector.Labels.Length];
        for (var i = 0; i < block.Length; i++)
        {
            // A pair has one probability; the other class of two has the rest.
            for (var label = 0; label < detector.Labels.Length; label++)
                rows[(i * detector.Labels.Length) + label] = label == positive ? output.Pairs[i].Probability!.Value : 1 - output.Pairs[i].Probability!.Value;
        }

        return (block, rows);
    }
}
