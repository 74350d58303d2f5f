using Orrery.Engine;

namespace Orrery.Standalone.Serve;

/// <summary>What is served, on which device, at which address, and a line to try. Plain text: it is read in logs too.</summary>
internal static class Banner
{
    public static void Show(TextWriter output, LocalBackend backend, string address)
    {
        var models = backend.Models;
        if (models.Count == 0)
            output.WriteLine("No models were found. Put one under models/, name its folder with --models, or pull one: orrery models pull OWNER/NAME");
        else
            Table(output, models);
        Table(output, backend.Detectors);
        output.WriteLine($"\nONNX Runtime {backend.Runtime.Version} ({string.Join(", ", backend.Runtime.Providers)})");
        output.WriteLine($"Listening on {address} (API: {address}/docs)");
        if (Example(models, backend.Detectors) is { } example)
            output.WriteLine($"Try:  curl {address}{example}");
        output.Flush();
    }

    private static void Table(TextWriter output, IReadOnlyList<ModelInfo> models)
    {
        Write(output, ["model", "task", "device", "dimensions", "max tokens", "version"], models.Where(model => model.State == ModelState.Ready).Select(model => new[]
        {
            model.Name, model.Task.ToString().ToLowerInvariant(), model.Device, Number(model.Dimensions), Number(model.MaxLength), model.Digest[..12],
        }));
        foreach (var model in models.Where(model => model.State == ModelState.Failed))
            output.WriteLine($"{model.Name}  refused: {model.Reason}");
    }

    private static void Table(TextWriter output, IReadOnlyList<DetectorInfo> detectors)
    {
        if (detectors.Count == 0)
            return;
        output.WriteLine();
        Write(output, ["detector", "kind", "classes", "model", "version"], detectors.Where(detector => detector.State == ModelState.Ready).Select(detector => new[]
        {
            detector.Name, detector.Kind.ToString().ToLowerInvariant(), Number(detector.Labels.Length), detector.Model, detector.Digest[..12],
        }));
        foreach (var detector in detectors.Where(detector => detector.State != ModelState.Ready))
            output.WriteLine($"{detector.Name}  refused: {detector.Reason}");
    }

    private static void Write(TextWriter output, string[] head, IEnumerable<string[]> body)
    {
        string[][] rows = [head, .. body];
        var widths = head.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string Number(int value) => value == 0 ? "-" : value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string? Example(IReadOnlyList<ModelInfo> models, IReadOnlyList<DetectorInfo> detectors)
    {
        if (detectors.Any(one => one is { State: ModelState.Ready, Kind: not DetectorKind.Pair }))
            return """/v1/score -H 'Content-Type: application/json' -d '{"input":"Where is my new card?"}'""";
        var model = models.FirstOrDefault(one => one is { State: ModelState.Ready, Task: ModelTask.Embedding });
        if (model is not null)
            return $$"""/v1/embeddings -H 'Content-Type: application/json' -d '{"model":"{{model.Name}}","input":"Where is my new card?"}'""";
        model = models.FirstOrDefault(one => one is { State: ModelState.Ready, Task: ModelTask.Classifier });
        return model is not null ? $$"""/predict -H 'Content-Type: application/json' -d '{"model":"{{model.Name}}","inputs":"Where is my new card?"}'"""
            : models.Any(one => one.State == ModelState.Ready) ? "/v2" : null;
    }
}
