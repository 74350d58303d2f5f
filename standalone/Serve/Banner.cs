using Orrery.Engine;

namespace Orrery.Standalone.Serve;

/// <summary>What is served, on which device, at which address, and a line to try. Plain text: it is read in logs too.</summary>
internal static class Banner
{
    public static void Show(TextWriter output, IInferenceBackend backend, string address)
    {
        var models = backend.Models;
        if (models.Count == 0)
            output.WriteLine("No models were found. Put one under models/, name its folder with --models, or pull one: orrery models pull OWNER/NAME");
        else
            Table(output, models);
        output.WriteLine($"\nListening on {address} (API: {address}/docs)");
        if (Example(models) is { } example)
            output.WriteLine($"Try:  curl {address}{example}");
        output.Flush();
    }

    private static void Table(TextWriter output, IReadOnlyList<ModelInfo> models)
    {
        string[] head = ["model", "task", "device", "dimensions", "max tokens", "version"];
        var rows = models.Where(model => model.State == ModelState.Ready).Select(model => new[]
        {
            model.Name, model.Task.ToString().ToLowerInvariant(), model.Device, Number(model.Dimensions), Number(model.MaxLength), model.Digest[..12],
        }).Prepend(head).ToArray();
        var widths = head.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        foreach (var model in models.Where(model => model.State == ModelState.Failed))
            output.WriteLine($"{model.Name}  refused: {model.Reason}");

        static string Number(int value) => value == 0 ? "-" : value.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string? Example(IReadOnlyList<ModelInfo> models)
    {
        var model = models.FirstOrDefault(one => one is { State: ModelState.Ready, Task: ModelTask.Embedding });
        if (model is not null)
            return $$"""/v1/embeddings -H 'Content-Type: application/json' -d '{"model":"{{model.Name}}","input":"Where is my new card?"}'""";
        model = models.FirstOrDefault(one => one is { State: ModelState.Ready, Task: ModelTask.Classifier });
        return model is not null ? $$"""/predict -H 'Content-Type: application/json' -d '{"model":"{{model.Name}}","inputs":"Where is my new card?"}'"""
            : models.Any(one => one.State == ModelState.Ready) ? "/v2" : null;
    }
}
