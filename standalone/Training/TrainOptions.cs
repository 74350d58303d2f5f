using System.CommandLine;
using System.Globalization;
using Orrery.Engine;
using Orrery.Training.Heads;
using Orrery.Training.Selection;

namespace Orrery.Standalone.Training;

/// <summary>What orrery train was asked for, checked.</summary>
internal sealed record TrainOptions
{
    public required string Data { get; init; }

    public required string Out { get; init; }

    public string TextColumn { get; init; } = "text";

    /// <summary>The second text's column; null for single texts.</summary>
    public string? PairColumn { get; init; }

    public string LabelColumn { get; init; } = "label";

    public string Model { get; init; } = "";

    public Pooling? Pooling { get; init; }

    public string? Layer { get; init; }

    public string? Prompt { get; init; }

    public HeadOptions Head { get; init; } = new();

    /// <summary>How much a row counts, by label; labels that are not named count 1.</summary>
    public IReadOnlyDictionary<string, double> ClassWeights { get; init; } = new Dictionary<string, double>();

    public IReadOnlyList<GridPoint> Grid { get; init; } = [];

    public SelectionMetric Metric { get; init; }

    public int Folds { get; init; } = 5;

    /// <summary>The share of rows that is held out and reported on, 0 to 0.9; with 0 every row trains, and the report is by cross-validation.</summary>
    public double TestShare { get; init; } = 0.2;

    public string? Positive { get; init; }

    /// <summary>null for one half (with a positive class) or 0; NaN for the best F1.</summary>
    public double? Threshold { get; init; }

    public bool Overwrite { get; init; }

    public bool IsPairs => PairColumn is not null;

    public bool IsOutlier => Head.Kind == HeadKind.OneClass;
}

/// <summary>The flags of orrery train.</summary>
internal sealed class TrainFlags
{
    private readonly Option<string> _data = new("--data") { Description = "Labelled texts: .csv (RFC 4180), .tsv, .jsonl.", Required = true };
    private readonly Option<string> _out = new("--out") { Description = "The detector's folder, detectors/<name> say.", Required = true };
    private readonly Option<string> _text = new("--text-column") { Description = "The texts' column.", DefaultValueFactory = _ => "text" };
    private readonly Option<string?> _pair = new("--pair-column") { Description = "The second texts' column: trains a detector of pairs." };
    private readonly Option<string> _label = new("--label-column") { Description = "The labels' column; one-class needs none.", DefaultValueFactory = _ => "label" };
    private readonly Option<string> _model = new("--model") { Description = "The embedding model; for pairs also a cross-encoder.", DefaultValueFactory = _ => "orrery-mini" };
    private readonly Option<string?> _pooling = new("--pooling") { Description = "mean, cls, max, last-token, mean-sqrt-length or weighted-mean; without it the model's own." };
    private readonly Option<string?> _layer = new("--layer") { Description = "The output of a hidden layer, where the graph exposes it." };
    private readonly Option<string?> _prompt = new("--prompt") { Description = "The name of one of the model's prompts." };
    private readonly Option<string> _kind = new("--head") { Description = "logistic, linear-svm, rbf-svm or one-class.", DefaultValueFactory = _ => "logistic" };
    private readonly Option<string[]> _set = new("--set") { Description = $"An option of the head, c=10 say; several times. Options: {string.Join(", ", HeadGrid.Names.Skip(1))}." };
    private readonly Option<string[]> _weights = new("--class-weight") { Description = "How much a label's rows count, label=2 say; several times. For all by their rarity: --set balanced=true." };
    private readonly Option<string[]> _grid = new("--grid") { Description = "Values to choose from by cross-validation, c=0.1,1,10 say; several times." };
    private readonly Option<string> _metric = new("--metric") { Description = "What the grid is chosen by: accuracy, macro-f1 or log-loss.", DefaultValueFactory = _ => "accuracy" };
    private readonly Option<int> _folds = new("--folds") { Description = "Folds of cross-validation.", DefaultValueFactory = _ => 5 };
    private readonly Option<double> _test = new("--test-share") { Description = "The share of rows that is held out for the report; with 0 all train.", DefaultValueFactory = _ => 0.2 };
    private readonly Option<string?> _positive = new("--positive") { Description = "Of two classes the one that the threshold is about (the last by name)." };
    private readonly Option<string?> _threshold = new("--threshold") { Description = "A probability from 0 to 1, or best-f1 (two classes)." };
    private readonly Option<int> _seed = new("--seed") { Description = "Of splits and folds: the same seed, data and model give the same head.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the detector that is there." };

    /// <summary>The command with these flags.</summary>
    public Command Command(string name, string description) =>
        new(name, description) { _data, _text, _pair, _label, _model, _out, _pooling, _layer, _prompt, _kind, _set, _weights, _grid, _metric, _folds, _test, _positive, _threshold, _seed, _overwrite };

    /// <exception cref="CommandException">A flag's value makes no sense; the message names it.</exception>
    public TrainOptions Read(ParseResult parsed)
    {
        var head = Set(new HeadOptions { Seed = parsed.GetValue(_seed) }, "--head", "kind", parsed.GetValue(_kind)!);
        foreach (var pair in parsed.GetValue(_set) ?? [])
            head = Set(head, "--set", Split("--set", pair));
        if (head.Validate() is { } wrong)
            throw new CommandException($"--set: {wrong}");
        var axes = (parsed.GetValue(_grid) ?? []).Select(pair => Split("--grid", pair)).Select(pair => (pair.Name, (IReadOnlyList<string>)pair.Value.Split(','))).ToList();
        var grid = HeadGrid.Expand(head, axes);
        var options = new TrainOptions
        {
            Data = parsed.GetValue(_data)!,
            Out = parsed.GetValue(_out)!,
            TextColumn = parsed.GetValue(_text)!,
            PairColumn = parsed.GetValue(_pair),
            LabelColumn = parsed.GetValue(_label)!,
            Model = parsed.GetValue(_model)!,
            Pooling = parsed.GetValue(_pooling) is { } pooling ? ParsePooling(pooling) : null,
            Layer = parsed.GetValue(_layer),
            Prompt = parsed.GetValue(_prompt),
            Head = head,
            ClassWeights = (parsed.GetValue(_weights) ?? []).Select(pair => Weight(pair)).ToDictionary(StringComparer.Ordinal),
            Grid = axes.Count == 0 ? [] : grid.Value ?? throw new CommandException($"--grid: {grid.Error!.Message}"),
            Metric = Metric(parsed.GetValue(_metric)!),
            Folds = parsed.GetValue(_folds),
            TestShare = parsed.GetValue(_test),
            Positive = parsed.GetValue(_positive),
            Threshold = Threshold(parsed.GetValue(_threshold)),
            Overwrite = parsed.GetValue(_overwrite),
        };
        return Check(options) is { } error ? throw new CommandException(error) : options;
    }

    private static string? Check(TrainOptions options) => options switch
    {
        { Folds: < 2 or > 100 } => $"--folds must be 2 to 100, not {options.Folds}",
        { TestShare: not (>= 0 and <= 0.9) } => "--test-share must be 0 to 0.9",
        { IsPairs: true, IsOutlier: true } => "--head one-class is for single texts, not for pairs",
        { IsPairs: true } when options.Pooling is not null || options.Layer is not null || options.Prompt is not null =>
            "--pooling, --layer and --prompt are for single texts: pairs are compared as the model's files say",
        { ClassWeights.Count: > 0 } when options.IsOutlier || options.Head.Balanced => "--class-weight does not go with balanced=true, nor with one-class",
        { IsOutlier: true, Grid.Count: > 0 } => "--grid needs labels to choose by; one-class has none",
        { IsOutlier: true } when options.Positive is not null => "--positive: a one-class head's classes are inlier and outlier",
        _ => null,
    };

    private static HeadOptions Set(HeadOptions head, string flag, (string Name, string Value) pair) => Set(head, flag, pair.Name, pair.Value);

    private static HeadOptions Set(HeadOptions head, string flag, string name, string value) =>
        HeadGrid.Set(head, name, value) is var set && set.Succeeded ? set.Value! : throw new CommandException($"{flag}: {set.Error!.Message}");

    private static (string Name, string Value) Split(string flag, string pair) =>
        pair.Split('=', 2) is [{ Length: > 0 } name, { Length: > 0 } value] ? (name, value) : throw new CommandException($"{flag} must be name=value, not '{pair}'");

    private static KeyValuePair<string, double> Weight(string pair)
    {
        // A label may hold an equals sign; a number does not.
        var sign = pair.LastIndexOf('=');
        return sign > 0 && double.TryParse(pair.AsSpan(sign + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) && weight > 0 && double.IsFinite(weight)
            ? new(pair[..sign], weight)
            : throw new CommandException($"--class-weight must be label=number above 0, not '{pair}'");
    }

    private static Pooling ParsePooling(string name) => name switch
    {
        "mean" => Engine.Pooling.Mean,
        "cls" => Engine.Pooling.Cls,
        "max" => Engine.Pooling.Max,
        "last-token" => Engine.Pooling.LastToken,
        "mean-sqrt-length" => Engine.Pooling.MeanSqrtLength,
        "weighted-mean" => Engine.Pooling.WeightedMean,
        _ => throw new CommandException($"--pooling must be mean, cls, max, last-token, mean-sqrt-length or weighted-mean, not '{name}'"),
    };

    private static SelectionMetric Metric(string name) => name switch
    {
        "accuracy" => SelectionMetric.Accuracy,
        "macro-f1" => SelectionMetric.MacroF1,
        "log-loss" => SelectionMetric.LogLoss,
        _ => throw new CommandException($"--metric must be accuracy, macro-f1 or log-loss, not '{name}'"),
    };

    private static double? Threshold(string? text) => text switch
    {
        null => null,
        "best-f1" => double.NaN,
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1 => value,
        _ => throw new CommandException($"--threshold must be 0 to 1, or best-f1, not '{text}'"),
    };
}
