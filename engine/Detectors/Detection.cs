using Orrery.Engine.Execution;
using Orrery.Engine.Models;
using Orrery.Engine.Vectors;

namespace Orrery.Engine.Detectors;

/// <summary>How texts are embedded for a head; detectors with equal ones share an embedding of each text.</summary>
internal readonly record struct EmbeddingPass(string Model, string Version, Pooling? Pooling, string? Layer, bool? Normalize, string? Prompt)
{
    public static EmbeddingPass Of(ReadyDetector detector)
    {
        var manifest = detector.Manifest;
        return new(detector.Model.Name, manifest.ModelDigest, manifest.Pooling, manifest.Layer, manifest.Normalize, manifest.Prompt);
    }

    /// <summary>The model's own embeddings, of unit length: what <c>/v1/embeddings</c> gives.</summary>
    public static EmbeddingPass Own(EmbeddingPass one) => new(one.Model, one.Version, null, null, true, null);

    /// <summary>Whether what this gives is what <see cref="Own"/> gives.</summary>
    /// <param name="model">Its model.</param>
    public bool IsOwn(ModelInfo model) => (Pooling is null || Pooling == model.Pooling) && Layer is null && (Normalize ?? model.Normalize) && Prompt is null;

    public EmbedRequest Request(DetectRequest request, UpsertTarget? upsert) => new()
    {
        Upsert = upsert,
        Model = Model,
        Version = Version,
        Inputs = request.Inputs,
        Pooling = Pooling,
        Layer = Layer,
        Normalize = Normalize,
        PromptName = Prompt,
        Truncation = request.Truncation,
        Priority = request.Priority,
        Timeout = request.Timeout,
    };
}

/// <summary>Answers <see cref="DetectRequest"/>: embeds once a pass, then applies every head to its rows.</summary>
internal sealed class Detection(IInferenceBackend embedder, ModelCatalogue models, DetectorCatalogue catalogue, HeadExecutor heads, EngineMetrics metrics, TimeProvider time)
{
    public async ValueTask<Outcome<DetectOutput>> DetectAsync(DetectRequest request, CancellationToken cancellation)
    {
        if (!catalogue.ForTexts(request.Detectors).TryGet(out var detectors, out var error))
            return error;
        var start = time.GetTimestamp();
        var passes = new List<EmbeddingPass>();
        foreach (var detector in detectors)
        {
            if (EmbeddingPass.Of(detector) is var pass && !passes.Contains(pass))
                passes.Add(pass);
        }

        var read = passes.Count;
        var kept = -1;
        if (request.Upsert is not null && !Keep(passes, out kept).TryGet(out _, out error))
            return error;
        if (!(await EmbedAsync(passes, kept, request, cancellation)).TryGet(out var embeddings, out error))
            return error;
        var stored = kept < 0 ? null : embeddings[kept].Stored;
        // Made for the store alone, no detector reads it.
        if (embeddings.Length > read)
        {
            embeddings[read].Dispose();
            embeddings = embeddings[..read];
        }

        var embedded = time.GetTimestamp();
        var outputs = new DetectorOutput[detectors.Count];
        for (var i = 0; i < outputs.Length; i++)
            outputs[i] = new DetectorOutput(detectors[i].Info, embeddings[passes.IndexOf(EmbeddingPass.Of(detectors[i]))]);
        error = await ScoreAsync(detectors, outputs);
        var output = new DetectOutput(outputs, embeddings, time.GetElapsedTime(start, embedded) - (stored?.Time ?? TimeSpan.Zero), time.GetElapsedTime(embedded)) { Stored = stored };
        if (error is null)
        {
            Count(outputs);
            return output;
        }

        output.Dispose();
        return error;
    }

    /// <summary>Finds the pass whose embeddings are kept, or adds it.</summary>
    private Outcome<Done> Keep(List<EmbeddingPass> passes, out int kept)
    {
        kept = -1;
        var first = passes[0];
        foreach (var other in passes)
        {
            if (other.Version != first.Version)
                return new InferenceError(InferenceErrorKind.Invalid, $"upsert: the detectors read embeddings of more than one model ('{first.Model}', '{other.Model}'); name detectors over one", "upsert");
        }

        if (!models.Get(first.Model, first.Version).TryGet(out var model, out var error))
            return error;
        kept = passes.FindIndex(pass => pass.IsOwn(model.Info));
        if (kept < 0)
        {
            kept = passes.Count;
            passes.Add(EmbeddingPass.Own(first));
        }

        return Done.It;
    }

    private async ValueTask<Outcome<TextOutput[]>> EmbedAsync(List<EmbeddingPass> passes, int kept, DetectRequest request, CancellationToken cancellation)
    {
        if (passes.Count == 1)
            return (await embedder.EmbedAsync(passes[0].Request(request, kept == 0 ? request.Upsert : null), cancellation)).TryGet(out var only, out var wrong) ? new[] { only } : wrong;
        var running = new Task<Outcome<TextOutput>>[passes.Count];
        for (var i = 0; i < running.Length; i++)
            running[i] = embedder.EmbedAsync(passes[i].Request(request, kept == i ? request.Upsert : null), cancellation).AsTask();
        var outputs = new TextOutput[running.Length];
        InferenceError? error = null;
        try
        {
            for (var i = 0; i < running.Length; i++)
            {
                if (!(await running[i]).TryGet(out outputs[i]!, out var failed))
                    error ??= failed;
            }
        }
        catch (OperationCanceledException)
        {
            Release(outputs);
            throw;
        }

        if (error is null)
            return outputs;
        Release(outputs);
        return error;
    }

    private async ValueTask<InferenceError?> ScoreAsync(IReadOnlyList<ReadyDetector> detectors, DetectorOutput[] outputs)
    {
        // All are handed over before the first is waited for, and all are waited for: the memory is theirs until then.
        var running = new Task<InferenceError?>[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
            running[i] = heads.ScoreAsync(detectors[i].Head, outputs[i].Embedding.All, outputs[i].Embedding.Count, outputs[i].Values);
        InferenceError? error = null;
        for (var i = 0; i < running.Length; i++)
        {
            if (await running[i] is { } failed)
                error = failed with { Message = $"detector '{detectors[i].Info.Name}' failed: {failed.Message}" };
        }

        return error;
    }

    private void Count(DetectorOutput[] outputs)
    {
        foreach (var output in outputs)
        {
            for (var i = 0; i < output.Embedding.Count; i++)
            {
                var label = output.Detector.Decide(output[i]).Label;
                metrics.Detections.Add(1, new("detector", output.Detector.Name), new("label", label < 0 ? "" : output.Detector.Labels[label]));
            }
        }
    }

    private static void Release(TextOutput?[] outputs)
    {
        foreach (var output in outputs)
            output?.Dispose();
    }
}
