using System.Text.Encodings.Web;
using System.Text.Json;
using Orrery.Engine;
using Orrery.Training.Heads;

namespace Orrery.Standalone.Training;

/// <summary>
/// A trained detector on its way to disk: written beside its place under another name and moved there when it is whole, so that a kill or
/// a full disk leaves the old one or none, never half of one.
/// </summary>
internal sealed class DetectorFolder : IDisposable
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _target;

    /// <summary>Begins.</summary>
    /// <param name="target">Where the detector goes; must not exist unless it is a detector and <paramref name="overwrite"/> is set.</param>
    /// <param name="overwrite">Replace a detector that is there.</param>
    /// <exception cref="CommandException">Something is there already.</exception>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public DetectorFolder(string target, bool overwrite)
    {
        _target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        if (Directory.Exists(_target) && Directory.EnumerateFileSystemEntries(_target).Any())
        {
            if (!File.Exists(System.IO.Path.Combine(_target, "detector.json")))
                throw new CommandException($"--out: {target} exists and is no detector");
            if (!overwrite)
                throw new CommandException($"--out: {target} exists; give --overwrite to replace it, or another folder");
        }

        Path = $"{_target}.{Environment.ProcessId}.partial";
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where files are written meanwhile.</summary>
    public string Path { get; }

    /// <summary>Writes the head and its manifest.</summary>
    public void Write(FittedHead head, IReadOnlyList<string> labels, string? positive, double threshold, DetectorKind kind, EmbeddingChoice choice, Action<Utf8JsonWriter> training)
    {
        using (var file = File.Create(System.IO.Path.Combine(Path, "head.onnx")))
            head.WriteOnnx(file, labels);
        using var manifest = File.Create(System.IO.Path.Combine(Path, "detector.json"));
        using var json = new Utf8JsonWriter(manifest, Indented);
        json.WriteStartObject();
        json.WriteString("kind", kind.ToString().ToLowerInvariant());
        json.WriteString("model", choice.Model.Name);
        json.WriteString("model_digest", choice.Model.Digest);
        if (choice.Model.Task == ModelTask.Embedding && kind != DetectorKind.Pair)
        {
            json.WriteString("pooling", Name(choice.Pooling ?? choice.Model.Pooling));
            json.WriteBoolean("normalize", choice.Model.Normalize);
        }

        if (choice.Layer is not null)
            json.WriteString("layer", choice.Layer);
        if (choice.Prompt is not null)
            json.WriteString("prompt", choice.Prompt);
        json.WriteNumber("dimensions", head.Dimensions);
        json.WriteString("head", "head.onnx");
        json.WriteStartArray("labels");
        foreach (var label in labels)
            json.WriteStringValue(label);
        json.WriteEndArray();
        if (positive is not null)
            json.WriteString("positive", positive);
        json.WriteNumber("threshold", threshold);
        json.WriteString("created", DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteStartObject("training");
        training(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Puts it in its place.</summary>
    public void Commit()
    {
        var old = Path + ".old";
        if (Directory.Exists(_target))
            Directory.Move(_target, old);
        Directory.Move(Path, _target);
        if (Directory.Exists(old))
            Directory.Delete(old, recursive: true);
    }

    /// <summary>Leaves nothing of what was not put in its place.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }

    private static string? Name(Pooling pooling) => pooling switch
    {
        Pooling.Mean => "mean",
        Pooling.Cls => "cls",
        Pooling.Max => "max",
        Pooling.LastToken => "last-token",
        Pooling.MeanSqrtLength => "mean-sqrt-length",
        Pooling.WeightedMean => "weighted-mean",
        _ => null,
    };
}
