using Orrery.Training.Metrics;
using Orrery.Training.Selection;

namespace Orrery.Training.Reports;

/// <summary>What a report tells. Texts may hold anything: they are escaped where they are written.</summary>
public sealed record EvaluationReport
{
    /// <summary>The title, such as the detector's name and version.</summary>
    public required string Title { get; init; }

    /// <summary>A sentence or two under the title; empty for none.</summary>
    public string Summary { get; init; } = "";

    /// <summary>What was measured.</summary>
    public required Evaluation Evaluation { get; init; }

    /// <summary>What is known of data, model, options, times: a table each, in this order.</summary>
    public IReadOnlyList<ReportFacts> Facts { get; init; } = [];

    /// <summary>The scores of cross-validation, a fold each; empty when there was none.</summary>
    public IReadOnlyList<FoldScore> Folds { get; init; } = [];

    /// <summary>The grid search, or null when there was none.</summary>
    public GridSearchResult? Grid { get; init; }

    /// <summary>What the grid search compared.</summary>
    public SelectionMetric GridMetric { get; init; }
}

/// <summary>A table of names and values.</summary>
/// <param name="Title">Its title, such as Data or Options.</param>
/// <param name="Rows">Names with their values, in order.</param>
public sealed record ReportFacts(string Title, IReadOnlyList<(string Name, string Value)> Rows);
