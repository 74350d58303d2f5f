using Microsoft.Extensions.Logging;
using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Whether an index's file is whole. Once it is found not to be, nothing is written to it and nothing is told from it.</summary>
internal sealed class IndexHealth
{
    private readonly IndexState _index;
    private readonly ILogger _logger;
    private volatile InferenceError? _refusal;

    /// <summary>Begins.</summary>
    /// <param name="index">The index.</param>
    /// <param name="damage">What is wrong already, to be read after the file's name; null when nothing is.</param>
    /// <param name="logger">Where damage is told.</param>
    public IndexHealth(IndexState index, string? damage, ILogger logger)
    {
        (_index, _logger) = (index, logger);
        if (damage is not null)
            Set(damage);
    }

    /// <summary>Why the index cannot be asked; null when it can.</summary>
    public InferenceError? Refusal => _refusal;

    public void Set(SqliteException damage) => Set($"is damaged: {damage.Message}");

    /// <summary>From now on it is refused.</summary>
    /// <param name="damage">What is wrong, to be read after the file's name.</param>
    public void Set(string damage)
    {
        Log.Refused(_logger, _index.Spec.Name, _index.Path, damage);
        _refusal = new(InferenceErrorKind.Unavailable, $"index '{_index.Spec.Name}' is not served: its file {damage}");
    }
}
