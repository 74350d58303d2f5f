using System.Collections.Immutable;
using Orrery.Engine.Models;

namespace Orrery.Engine.Detectors;

/// <summary>
/// <c>detector.json</c>: what a head may be applied to and how its answer is read. <c>orrery train</c> writes it; for a head from elsewhere
/// (a scikit-learn export, say) a person does: <c>{"model": "orrery-mini", "model_digest": "…"}</c> is the least.
/// </summary>
public sealed record DetectorManifest
{
    /// <summary>The file's name.</summary>
    public const string FileName = "detector.json";

    /// <summary>Whether a directory is a detector's.</summary>
    public static bool IsIn(string directory) => File.Exists(Path.Combine(directory, FileName));

    /// <summary>What the detector looks at.</summary>
    public DetectorKind Kind { get; init; }

    /// <summary>The model the head was trained on, as it was called then.</summary>
    public required string Model { get; init; }

    /// <summary>That model version's digest: the head is applied to no other.</summary>
    public required string ModelDigest { get; init; }

    /// <summary>How token vectors became one; null for the model's own.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>The hidden layer's output; null for the last.</summary>
    public string? Layer { get; init; }

    /// <summary>Whether embeddings were scaled to unit length; null for the model's own.</summary>
    public bool? Normalize { get; init; }

    /// <summary>The model's prompt put before every text; null for its default.</summary>
    public string? Prompt { get; init; }

    /// <summary>Numbers of a row; 0 leaves it to the head.</summary>
    public int Dimensions { get; init; }

    /// <summary>The head's file, relative to the directory.</summary>
    public string Head { get; init; } = "head.onnx";

    /// <summary>Whether the head gives decision values and not probabilities: they are then put through a sigmoid, or for several classes a softmax, uncalibrated.</summary>
    public bool Decision { get; init; }

    /// <summary>The classes in the head's order; empty takes them from the head.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];

    /// <summary>The class the threshold is about; null when each is judged alike.</summary>
    public string? Positive { get; init; }

    /// <summary>0 to 1; null for one half with <see cref="Positive"/>, else 0.</summary>
    public double? Threshold { get; init; }

    /// <summary>When it was trained; null when it does not say.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Reads a detector's manifest.</summary>
    /// <param name="paths">The detector's.</param>
    /// <exception cref="ModelFormatException">It is not JSON, or a value is missing, of the wrong kind or out of range.</exception>
    internal static DetectorManifest Read(ModelPaths paths) => Read(ConfigJson.Parse(paths.Read(FileName), FileName));

    private static DetectorManifest Read(ConfigJson json)
    {
        var manifest = new DetectorManifest
        {
            Kind = json.Enumeration<DetectorKind>("kind") ?? DetectorKind.Classifier,
            Model = json.String("model") ?? throw Missing("model"),
            ModelDigest = json.String("model_digest") ?? throw Missing("model_digest"),
            Pooling = json.String("pooling") is { } pooling ? ModelManifest.ParsePooling(pooling, FileName) : null,
            Layer = json.String("layer"),
            Normalize = json.Bool("normalize"),
            Prompt = json.String("prompt"),
            Dimensions = json.Int("dimensions") ?? 0,
            Head = json.String("head") ?? "head.onnx",
            Decision = json.String("scores") switch
            {
                null or "probabilities" => false,
                "decision" => true,
                var other => throw new ModelFormatException($"{FileName}: scores: '{other}' is neither probabilities nor decision"),
            },
            Labels = json.Strings("labels"),
            Positive = json.String("positive"),
            Threshold = json.Number("threshold"),
            Created = json.String("created") is { } created && DateTimeOffset.TryParse(created, System.Globalization.CultureInfo.InvariantCulture, out var time) ? time : null,
        };
        if (manifest.Threshold is { } threshold and not (>= 0 and <= 1))
            throw new ModelFormatException($"{FileName}: threshold: must be 0 to 1, not {threshold.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        if (manifest.ModelDigest.Length != 64 || !manifest.ModelDigest.All(char.IsAsciiHexDigitLower))
            throw new ModelFormatException($"{FileName}: model_digest: must be a version's 64 lower-case hex digits, as GET /info?model=NAME tells them, not '{manifest.ModelDigest}'");
        if (Path.GetFileName(manifest.Head) != manifest.Head)
            throw new ModelFormatException($"{FileName}: head: must be a file beside {FileName}, not '{manifest.Head}'");
        return manifest;

        static ModelFormatException Missing(string key) => new($"{FileName}: {key} is missing");
    }
}
