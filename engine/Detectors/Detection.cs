using Orrery.Engine.Execution;

namespace Orrery.Engine.Detectors;

/// <summary>How texts are embedded for a head; detectors with equal ones share an embedding of each text.</summary>
internal readonly record struct EmbeddingPass(string Model, string Version, Pooling? Pooling, string? Layer, bool? Normalize, string? Prompt)
{
    public static EmbeddingPass Of(ReadyDetector detector)
    {
        var manifest = detector.Manifest;
        return new(detector.Model.Name, manifest.ModelDigest, manifest.Pooling, manifest.Layer, manifest.Normalize, manifest.Prompt);
    }

    public EmbedRequest Request(DetectRequest request) => new()
    {
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
internal sealed class Detection(IInferenceBackend embedder, DetectorCatalogue catalogue, HeadExecutor heads, EngineMetrics metrics, TimeProvider time)
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

        if (!(await EmbedAsync(passes, request, cancellation)).TryGet(out var embeddings, out error))
            return error;
        var embedded = time.GetTimestamp();
        var outputs = new DetectorOutput[detectors.Count];
        for (var i = 0; i < outputs.Length; i++)
            outputs[i] = new DetectorOutput(detectors[i].Info, embeddings[passes.IndexOf(EmbeddingPass.Of(detectors[i]))]);
        error = await ScoreAsync(detectors, outputs);
        var output = new DetectOutput(outputs, embeddings, time.GetElapsedTime(start, embedded), time.GetElapsedTime(embedded));
        if (error is null)
        {
            Count(outputs);
            return output;
        }

        output.Dispose();
        return error;
    }

    private async ValueTask<Outcome<TextOutput[]>> EmbedAsync(List<EmbeddingPass> passes, DetectRequest request, CancellationToken cancellation)
    {
        if (passes.Count == 1)
            return (await embedder.EmbedAsync(passes[0].Request(request), cancellation)).TryGet(out var only, out var wrong) ? new[] { only } : wrong;
        var running = new Task<Outcome<TextOutput>>[passes.Count];
        for (var i = 0; i < running.Length; i++)
            running[i] = embedder.EmbedAsync(passes[i].Request(request), cancellation).AsTask();
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
