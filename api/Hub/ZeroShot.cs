using System.Numerics.Tensors;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Hub;

/// <summary>
/// Labels that a model was never trained on, by asking a model of natural language inference whether the text entails a sentence about each (Yin and others 2019,
/// https://arxiv.org/abs/1909.00161), with the rules of transformers' ZeroShotClassificationPipeline.
/// </summary>
internal sealed class ZeroShot
{
    private readonly List<string> _hypotheses;
    private readonly int _entailment;
    private readonly int _contradiction;
    private readonly bool _each;

    private ZeroShot(List<string> labels, List<string> hypotheses, int entailment, int contradiction, bool each)
    {
        Labels = labels;
        (_hypotheses, _entailment, _contradiction, _each) = (hypotheses, entailment, contradiction, each);
    }

    /// <summary>The labels to choose from.</summary>
    public List<string> Labels { get; }

    /// <summary>Reads what a request asks of a model.</summary>
    /// <returns>Why the model cannot answer it; null when it can.</returns>
    public static ApiError? Of(ModelInfo model, HubParameters parameters, out ZeroShot? shot)
    {
        shot = null;
        var labels = parameters.CandidateLabels!;
        if (labels.Count == 0 || labels.Contains(""))
            return new ApiError(ErrorCause.Empty, "candidate_labels must be at least one label, and none of them empty", "candidate_labels");
        var template = parameters.HypothesisTemplate;
        var place = template.IndexOf("{}", StringComparison.Ordinal);
        if (place < 0 || template.AsSpan(0, place).ContainsAny('{', '}') || template.AsSpan(place + 2).ContainsAny('{', '}'))
            return new ApiError(ErrorCause.Unprocessable, "hypothesis_template must have {} once, where the label goes, and no other braces", "hypothesis_template");
        var entailment = -1;
        for (var i = 0; i < model.Labels.Length && entailment < 0; i++)
            entailment = model.Labels[i].StartsWith("entail", StringComparison.OrdinalIgnoreCase) ? i : -1;
        if (entailment < 0 || model.Labels.Length < 2)
            return new ApiError(ErrorCause.WrongTask, $"candidate_labels need a model of natural language inference; of the labels of '{model.Name}' ({string.Join(", ", model.Labels.Take(8))}) none begins with entail", "candidate_labels");
        shot = new ZeroShot(
            labels, labels.ConvertAll(label => string.Concat(template.AsSpan(0, place), label, template.AsSpan(place + 2))), entailment,
            entailment == 0 ? model.Labels.Length - 1 : 0, parameters.MultiLabel || labels.Count == 1);
        return null;
    }

    /// <summary>What the model is asked: each text with each label's sentence, a text's beside each other.</summary>
    public ApiError? Pairs(IReadOnlyList<TextInput> texts, out IReadOnlyList<TextInput> pairs)
    {
        var asked = new List<TextInput>(texts.Count * Labels.Count);
        pairs = asked;
        for (var i = 0; i < texts.Count; i++)
        {
            if (texts[i].Pair is not null)
                return new ApiError(ErrorCause.Unprocessable, $"inputs[{i}] must be one text: its pairs are made with candidate_labels", "inputs");
            if (texts[i].Text!.Length == 0)
                return new ApiError(ErrorCause.Empty, $"inputs[{i}] is empty", "inputs");
            foreach (var hypothesis in _hypotheses)
                asked.Add(TextInput.OfPair(texts[i].Text!, hypothesis));
        }

        return null;
    }

    /// <summary>Scores of one text's labels.</summary>
    /// <param name="output">The logits of all pairs.</param>
    /// <param name="first">The text's first pair.</param>
    /// <param name="scores">Receives one a label.</param>
    public void Score(TextOutput output, int first, Span<float> scores)
    {
        for (var i = 0; i < scores.Length; i++)
        {
            var logits = output[first + i];
            // Of two, softmax is the sigmoid of their difference.
            scores[i] = _each ? Scores.Sigmoid(logits[_entailment] - logits[_contradiction]) : logits[_entailment];
        }

        if (_each)
            return;
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max<float>(scores), scores);
        TensorPrimitives.SoftMax(scores, scores);
    }
}
