using System.CommandLine;
using System.Text.Json;
using Orrery.Engine;
using Orrery.Training.Data;
using Orrery.Training.Features;
using Orrery.Training.Selection;

namespace Orrery.Standalone.Training;

/// <summary>orrery train: labelled texts in, a detector with its report out.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var flags = new TrainFlags();
        var models = new Option<string[]>("--models") { Description = "Where models are looked for." };
        var command = flags.Command("train", "Trains a detector on labelled texts, and reports how good it is.");
        command.Add(models);
        command.SetAction((parsed, cancellation) => Commands.RunAsync(() => RunAsync(flags.Read(parsed), parsed.GetValue(models) ?? [], cancellation)));
        return command;
    }

    private static async Task RunAsync(TrainOptions options, string[] models, CancellationToken cancellation)
    {
        using var folder = new DetectorFolder(options.Out, options.Overwrite);
        var data = new LabelledFile(options.Data, new LabelledFileOptions
        {
            TextColumns = options.IsPairs ? [options.TextColumn, options.PairColumn!] : [options.TextColumn],
            LabelColumn = options.IsOutlier ? null : options.LabelColumn,
        });
        var digest = await data.DigestAsync(cancellation);
        await using var scope = await EngineScope.OpenAsync(models, [], cancellation);
        var choice = new EmbeddingChoice(await scope.LoadAsync(options.Model, cancellation), options.Pooling, options.Layer, options.Prompt);
        Check(choice.Model, options);
        var (trained, rows) = await Progress.RunAsync(async bar =>
        {
            var (matrix, labels) = await EmbedAsync(scope.Backend, choice, data, options, bar("embed"), cancellation);
            return (await ThreadOfItsOwn(() => Trainer.Train(matrix, labels, options, bar, cancellation), cancellation), matrix.Rows);
        });

        var kind = options.IsPairs ? DetectorKind.Pair : options.IsOutlier ? DetectorKind.Outlier : DetectorKind.Classifier;
        var report = TrainingReport.Of(trained, options, choice, digest, rows);
        folder.Write(trained.Head, trained.Classes, trained.Positive, trained.Threshold, kind, choice, json => WriteTraining(json, trained, options, digest, rows, report));
        await report.WriteAsync(folder.Path, cancellation);
        folder.Commit();
        Console.WriteLine($"{options.Out}: {HeadGrid.NameOf(trained.Options.Kind)} over {choice.Model.Name}, {trained.Classes.Count} classes, {trained.TrainedRows} rows; {report.Summary}");
        if (!trained.Head.Converged)
            Console.WriteLine($"The solver stopped after {trained.Head.Iterations} iterations, before it was done: give --set max-iterations=… or standardize=true");
        Console.WriteLine($"Report: {Path.Combine(options.Out, "report.md")}, {Path.Combine(options.Out, "report.html")}");
    }

    private static async Task<(Matrix Rows, List<string?> Labels)> EmbedAsync(
        LocalBackend backend, EmbeddingChoice choice, LabelledFile data, TrainOptions options, Action<double> progress, CancellationToken cancellation)
    {
        var bytes = Math.Max(1.0, new FileInfo(data.Path).Length);
        var rows = data.Read(cancellationToken: cancellation).Select(row =>
        {
            progress(Math.Min(1, row.Offset / bytes));
            return row;
        });
        var embedded = await new BulkEmbedder(backend, choice).EmbedAsync(rows, options.IsPairs, cancellation);
        progress(1);
        return embedded;
    }

    private static void Check(ModelInfo model, TrainOptions options)
    {
        if (model.Task == ModelTask.Embedding || (options.IsPairs && model.Task == ModelTask.Reranker))
            return;
        throw new CommandException($"--model: '{model.Name}' does not embed: its task is {ModelLookup.TaskOf(model)}");
    }

    /// <summary>Solving takes minutes and every core: not on the pool's threads, which write progress and answer Ctrl-C.</summary>
    private static Task<Trained> ThreadOfItsOwn(Func<Trained> work, CancellationToken cancellation) =>
        Task.Factory.StartNew(work, cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void WriteTraining(Utf8JsonWriter json, Trained trained, TrainOptions options, string digest, int rows, TrainingReport report)
    {
        json.WriteString("data", Path.GetFileName(options.Data));
        json.WriteString("data_digest", digest);
        json.WriteNumber("rows", rows);
        json.WriteNumber("trained_rows", trained.TrainedRows);
        json.WriteNumber("seed", trained.Options.Seed);
        json.WriteStartObject("head");
        foreach (var (name, value) in TrainingReport.Settings(trained.Options))
            json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteStartObject("metrics");
        foreach (var (name, value) in report.Metrics)
            json.WriteNumber(name, Math.Round(value, 6));
        json.WriteEndObject();
    }
}
