using System.Numerics.Tensors;

namespace Orrery.Engine.Detectors;

/// <summary>Answers <see cref="CompareRequest"/>: similarities first, a pair detector's probabilities over them then.</summary>
internal sealed class Comparing(IInferenceBackend backend, DetectorCatalogue catalogue, HeadExecutor heads)
{
    // Of all pairs, so many texts are held against the rest at a time: other requests' heads get their turn in between.
    private const int BlockTexts = 32;

    public async ValueTask<Outcome<CompareOutput>> CompareAsync(CompareRequest request, CancellationToken cancellation)
    {
        if (request.Inputs.Count < (request.AllPairs ? 2 : 1))
            return new InferenceError(InferenceErrorKind.Empty, request.AllPairs ? "inputs must have at least 2 texts to compare" : "inputs is empty", "inputs");
        ReadyDetector? detector = null;
        if (request.Detector is { } name)
        {
            if (!catalogue.Get(name).TryGet(out detector, out var missing))
                return missing with { Field = "detector" };
            if (detector.Info.Kind != DetectorKind.Pair)
                return new InferenceError(InferenceErrorKind.WrongTask, $"detector '{name}' judges single texts, not pairs", "detector");
        }

        ModelInfo model;
        if (detector is not null)
            model = detector.Model;
        else if (backend.Find(request.Model, request.Model.Length == 0 ? ModelTask.Embedding : null).TryGet(out var found, out var unknown))
            model = found;
        else
            return unknown;
        return model.Task == ModelTask.Reranker
            ? await CrossAsync(request, model, detector, cancellation)
            : await CosineAsync(request, model, detector, cancellation);
    }

    private async ValueTask<Outcome<CompareOutput>> CrossAsync(CompareRequest request, ModelInfo model, ReadyDetector? detector, CancellationToken cancellation)
    {
        if (request.AllPairs)
            return new InferenceError(InferenceErrorKind.WrongTask, $"model '{model.Name}' reads both texts of a pair at once: all pairs of a list are for embedding models", "model");
        var asked = new ScoreRequest
        {
            Model = model.Name,
            Version = model.Digest,
            Inputs = request.Inputs,
            Truncation = request.Truncation,
            Priority = request.Priority,
            Timeout = request.Timeout,
        };
        if (!(await backend.ScoreAsync(asked, cancellation)).TryGet(out var output, out var error))
            return error;
        using (output)
        {
            // A detector's head was trained on what the graph gives; callers see what the model's files make of it.
            var scores = new float[output.Count];
            for (var i = 0; i < scores.Length; i++)
                scores[i] = Scores.OfPair(model.ScoreFunction, output[i][0]);
            return await PairsAsync(request, scores, output.All[..output.Count], output, model, detector);
        }
    }

    private async ValueTask<Outcome<CompareOutput>> CosineAsync(CompareRequest request, ModelInfo model, ReadyDetector? detector, CancellationToken cancellation)
    {
        var texts = new List<TextInput>();
        var places = new Dictionary<TextInput, int>();
        var ends = new (int First, int Second)[request.Inputs.Count];
        for (var i = 0; i < ends.Length; i++)
        {
            var input = request.Inputs[i];
            if (!request.AllPairs && input.Pair is null)
                return new InferenceError(InferenceErrorKind.Invalid, $"inputs[{i}] must be a pair of texts", "inputs");
            ends[i] = (Place(request.AllPairs ? input : TextInput.Of(input.Text!)), request.AllPairs ? 0 : Place(TextInput.Of(input.Pair!)));
        }

        var asked = new EmbedRequest
        {
            Model = model.Name,
            Version = model.Digest,
            Inputs = texts,
            Normalize = true,
            Pooling = detector?.Manifest.Pooling,
            Layer = detector?.Manifest.Layer,
            PromptName = detector?.Manifest.Prompt,
            Truncation = request.Truncation,
            Priority = request.Priority,
            Timeout = request.Timeout,
        };
        if (!(await backend.EmbedAsync(asked, cancellation)).TryGet(out var output, out var error))
            return Renamed(error, request, ends);
        using (output)
        {
            if (request.AllPairs)
                return await AllPairsAsync(request, ends, output, model, detector, cancellation);
            var similarities = new float[ends.Length];
            var failed = await heads.ComputeAsync(() =>
            {
                for (var i = 0; i < ends.Length; i++)
                    similarities[i] = Math.Clamp(TensorPrimitives.Dot(output[ends[i].First], output[ends[i].Second]), -1, 1);
            });
            return failed is not null ? failed : await PairsAsync(request, similarities, similarities, output, model, detector);
        }

        int Place(TextInput text)
        {
            if (places.TryGetValue(text, out var place))
                return place;
            texts.Add(text);
            return places[text] = texts.Count - 1;
        }
    }

    /// <summary>The engine numbers the texts that it embedded; the caller knows only the pairs they came from.</summary>
    private static InferenceError Renamed(InferenceError error, CompareRequest request, (int First, int Second)[] ends)
    {
        const string Prefix = "inputs[";
        if (!error.Message.StartsWith(Prefix, StringComparison.Ordinal) || error.Message.IndexOf(']') is var end && end < 0
            || !int.TryParse(error.Message.AsSpan(Prefix.Length, end - Prefix.Length), out var place))
            return error;
        var index = Array.FindIndex(ends, pair => pair.First == place || (!request.AllPairs && pair.Second == place));
        var part = request.AllPairs ? "" : ends[index].First == place ? "[0]" : "[1]";
        return error with { Message = $"inputs[{index}]{part}{error.Message[(end + 1)..]}" };
    }

    private async ValueTask<Outcome<CompareOutput>> PairsAsync(
        CompareRequest request, float[] similarities, ReadOnlyMemory<float> read, TextOutput output, ModelInfo model, ReadyDetector? detector)
    {
        var probabilities = new float[detector is null ? 0 : similarities.Length * detector.Info.Labels.Length];
        if (detector is not null && await heads.ScoreAsync(detector.Head, read, similarities.Length, probabilities) is { } failed)
            return failed;
        var threshold = request.Threshold ?? detector?.Info.Threshold;
        var pairs = new Comparison[similarities.Length];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = Judge(i, i, similarities[i], i, probabilities, detector, threshold);
        return new CompareOutput(pairs, model.Name, output.Version, detector?.Info, threshold, output.TotalTokens, More: false);
    }

    private async ValueTask<Outcome<CompareOutput>> AllPairsAsync(
        CompareRequest request, (int First, int Second)[] ends, TextOutput output, ModelInfo model, ReadyDetector? detector, CancellationToken cancellation)
    {
        var threshold = request.Threshold ?? detector?.Info.Threshold;
        var nearest = new PriorityQueue<Comparison, float>();
        var more = false;
        for (var start = 0; start < ends.Length - 1; start += BlockTexts)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = Block(start, Math.Min(BlockTexts, ends.Length - 1 - start), ends.Length);
            var similarities = new float[block.Length];
            var failed = await heads.ComputeAsync(() =>
            {
                for (var i = 0; i < block.Length; i++)
                    similarities[i] = Math.Clamp(TensorPrimitives.Dot(output[ends[block[i].First].First], output[ends[block[i].Second].First]), -1, 1);
            });
            var probabilities = new float[detector is null ? 0 : block.Length * detector.Info.Labels.Length];
            if (detector is not null)
                failed ??= await heads.ScoreAsync(detector.Head, similarities, block.Length, probabilities);
            if (failed is not null)
                return failed;
            for (var i = 0; i < block.Length; i++)
            {
                var pair = Judge(block[i].First, block[i].Second, similarities[i], i, probabilities, detector, threshold);
                if (!pair.Matches)
                    continue;
                nearest.Enqueue(pair, pair.Similarity);
                if (nearest.Count <= request.Limit)
                    continue;
                nearest.Dequeue();
                more = true;
            }
        }

        var pairs = new Comparison[nearest.Count];
        for (var i = pairs.Length - 1; i >= 0; i--)
            pairs[i] = nearest.Dequeue();
        return new CompareOutput(pairs, model.Name, output.Version, detector?.Info, threshold, output.TotalTokens, more);
    }

    private static (int First, int Second)[] Block(int start, int texts, int count)
    {
        var pairs = new List<(int, int)>(texts * (count - start));
        for (var first = start; first < start + texts; first++)
        {
            for (var second = first + 1; second < count; second++)
                pairs.Add((first, second));
        }

        return [.. pairs];
    }

    private static Comparison Judge(int first, int second, float similarity, int row, float[] probabilities, ReadyDetector? detector, float? threshold)
    {
        if (detector is null)
            return new Comparison(first, second, similarity, null, threshold is null || similarity >= threshold);
        var info = detector.Info;
        var probability = probabilities[(row * info.Labels.Length) + info.Labels.IndexOf(info.Positive!)];
        return new Comparison(first, second, similarity, probability, probability >= threshold);
    }
}
