using System.Collections.Concurrent;
using Orrery.Engine.Execution;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Models;

/// <summary>A model version that answers: its facts, its tokenizer, its session and its queue.</summary>
internal sealed class LoadedModel(
    ModelInfo info, ModelManifest manifest, GraphLayout? layout, Tokenizer? tokenizer, ModelSessions sessions, ModelExecutor executor, ModelMetrics metrics, RunEstimate rawRuns,
    int tokenWidth, bool chained, bool isStatic)
{
    private readonly ConcurrentBag<Encoding> _encodings = [];

    public ModelInfo Info => info;

    public ModelManifest Manifest => manifest;

    /// <summary>Floats of a row of the graph's output, before modules and truncation.</summary>
    public int TokenWidth => tokenWidth;

    /// <summary>Whether more than one pooling makes its embeddings.</summary>
    public bool Chained => chained;

    /// <summary>Whether it is a table of token vectors, which knows no special tokens.</summary>
    public bool IsStatic => isStatic;

    /// <summary>Null when only raw tensors can be run.</summary>
    public GraphLayout? Layout => layout;

    public Tokenizer? Tokenizer => tokenizer;

    public ModelExecutor Executor => executor;

    public ModelMetrics Metrics => metrics;

    /// <summary>What runs of raw tensors have taken.</summary>
    public RunEstimate RawRuns => rawRuns;

    /// <summary>Rents a buffer to tokenize into; give it back with <see cref="Return"/>.</summary>
    public Encoding RentEncoding() => _encodings.TryTake(out var encoding) ? encoding : new Encoding();

    public void Return(Encoding encoding) => _encodings.Add(encoding);

    /// <summary>Finishes what is queued, then frees the session.</summary>
    public async Task StopAsync()
    {
        await executor.StopAsync();
        sessions.Dispose();
    }
}
