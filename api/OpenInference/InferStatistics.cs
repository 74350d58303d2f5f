using System.Collections.Concurrent;
using System.Text.Json;
using Orrery.Engine;

namespace Orrery.Api.OpenInference;

/// <summary>
/// <c>…/stats</c>: how many of this protocol's inferences this process has answered and failed, and how long they took, by model. What other protocols asked,
/// and how long work waited and ran, <c>/metrics</c> tells.
/// </summary>
internal sealed class InferStatistics(TimeProvider time)
{
    // Only models that were found are counted, so that callers cannot make it grow.
    private readonly ConcurrentDictionary<string, Counters> _models = new(StringComparer.Ordinal);

    /// <summary>Counts an inference.</summary>
    /// <param name="model">Its model.</param>
    /// <param name="elapsed">From its arrival to its answer's end.</param>
    /// <param name="succeeded">Whether it was answered.</param>
    public void Count(ModelInfo model, TimeSpan elapsed, bool succeeded)
    {
        var counters = _models.GetOrAdd(model.Name, static _ => new Counters());
        Interlocked.Increment(ref succeeded ? ref counters.Successes : ref counters.Failures);
        Interlocked.Add(ref succeeded ? ref counters.SuccessTicks : ref counters.FailureTicks, elapsed.Ticks);
        Volatile.Write(ref counters.Last, time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Writes the counts of models.</summary>
    public void Write(Utf8JsonWriter json, IReadOnlyList<ModelInfo> models)
    {
        json.WriteStartObject();
        json.WriteStartArray("model_stats"u8);
        foreach (var model in models)
        {
            var counters = _models.TryGetValue(model.Name, out var counted) ? counted : new Counters();
            json.WriteStartObject();
            json.WriteString("name"u8, model.Name);
            json.WriteString("version"u8, ModelVersions.NameOf(model));
            json.WriteNumber("last_inference"u8, Volatile.Read(ref counters.Last));
            json.WriteNumber("inference_count"u8, Volatile.Read(ref counters.Successes));
            json.WriteNumber("execution_count"u8, Volatile.Read(ref counters.Successes));
            json.WriteStartObject("inference_stats"u8);
            Write(json, "success", ref counters.Successes, ref counters.SuccessTicks);
            Write(json, "fail", ref counters.Failures, ref counters.FailureTicks);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, ref long count, ref long ticks)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count"u8, Volatile.Read(ref count));
        json.WriteNumber("ns"u8, Volatile.Read(ref ticks) * TimeSpan.NanosecondsPerTick);
        json.WriteEndObject();
    }

    private sealed class Counters
    {
        public long Successes;
        public long SuccessTicks;
        public long Failures;
        public long FailureTicks;
        public long Last;
    }
}
