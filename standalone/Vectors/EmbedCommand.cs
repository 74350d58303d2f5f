using System.CommandLine;
using Orrery.Engine;
using Orrery.Standalone.Training;
using Orrery.Training.Data;

namespace Orrery.Standalone.Vectors;

/// <summary>orrery embed: the texts of a file, embedded and kept in a namespace. Killed at any moment and called again, it goes on.</summary>
internal static class EmbedCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "Texts: .csv, .tsv, .jsonl.", Required = true };
        var name = new Option<string>("--namespace") { Description = "The namespace that takes them; the default one when it is empty.", Required = true };
        var index = new Option<string?>("--index") { Description = "The index; without it the one of the settings." };
        var model = new Option<string?>("--model") { Description = "The embedding model; without it the default one." };
        var text = new Option<string>("--text-column") { Description = "The texts' column.", DefaultValueFactory = _ => "text" };
        var id = new Option<string?>("--id-column") { Description = "The ids' column; without it rows are numbered from 0. Of rows with one id any may stay." };
        var texts = new Option<string[]>("--metadata") { Description = "A column that is kept as metadata, as text; several times for several." };
        var numbers = new Option<string[]>("--metadata-number") { Description = "A column that is kept as metadata, as a number." };
        var models = new Option<string[]>("--models") { Description = "Where models are looked for." };
        var server = new Option<string?>("--server") { Description = "A server that embeds and keeps, http://127.0.0.1:8080 say: one that has the store open, or a cluster's front." };
        var restart = new Option<bool>("--restart") { Description = "Begin with the first row, whatever is done already." };
        var command = new Command("embed", "Embeds a file into a namespace of the vector store, and goes on where it was stopped.")
        {
            data, name, index, model, text, id, texts, numbers, models, server, restart,
        };
        command.SetAction((parsed, cancellation) => Commands.RunAsync(async () =>
        {
            var columns = new MetadataColumns(parsed.GetValue(texts) ?? [], parsed.GetValue(numbers) ?? [], parsed.GetValue(text)!);
            var file = new LabelledFile(parsed.GetValue(data)!, new LabelledFileOptions { TextColumns = [parsed.GetValue(text)!], IdColumn = parsed.GetValue(id), OtherColumns = columns.Others });
            var target = new UpsertTarget { Index = parsed.GetValue(index), Namespace = parsed.GetValue(name)!, Ids = [] };
            if (parsed.GetValue(server) is { } url)
            {
                if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                    throw new CommandException($"--server: {url} must begin with http:// or https://");
                using var keeper = new ServerKeeper(address, parsed.GetValue(model));
                await RunAsync(new EmbedJob(keeper, file, columns, target), target, EngineScope.Settings().Vectors.Directory, parsed.GetValue(restart), cancellation);
                return;
            }

            await using var scope = await EngineScope.OpenAsync(parsed.GetValue(models) ?? [], [], cancellation, withVectors: true);
            var loaded = await scope.LoadAsync(parsed.GetValue(model) ?? scope.Backend.Find("", ModelTask.Embedding).Value?.Name ?? "", cancellation);
            if (loaded.Task != ModelTask.Embedding)
                throw new CommandException($"--model: '{loaded.Name}' does not embed");
            await RunAsync(new EmbedJob(new LocalKeeper(scope.Backend, loaded), file, columns, target), target, EngineScope.Settings().Vectors.Directory, parsed.GetValue(restart), cancellation);
        }));
        return command;
    }

    private static async Task RunAsync(EmbedJob job, UpsertTarget target, string notes, bool restart, CancellationToken cancellation)
    {
        var note = await ResumeNote.OpenAsync(notes, await job.DescribeAsync(cancellation), restart, cancellation);
        var resumed = note.Rows;
        await Progress.RunAsync(async bar =>
        {
            await job.RunAsync(note, bar("embed"), cancellation);
            return true;
        });
        var index = target.Index is null ? "" : $" of index '{target.Index}'";
        Console.WriteLine($"{note.Rows} rows in namespace '{target.Namespace}'{index}{(resumed > 0 ? $", {resumed} of them before" : "")}{(job.Queued > 0 ? $", {job.Queued} queued" : "")}");
        note.Delete();
    }
}
