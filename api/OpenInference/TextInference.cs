using System.Runtime.InteropServices;
using System.Text;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>
/// Text models by text: a BYTES input [n] or [n, 1], for rerankers [n, 2], answered with <c>embedding</c> FP32 [n, dimensions],
/// or with <c>logits</c> FP32 [n, labels] and, for classifiers, <c>label</c> BYTES [n]. Raw tensors by the graph's names still work.
/// </summary>
internal sealed class TextInference(IInferenceBackend backend, ApiOptions options)
{
    /// <summary>The name that metadata gives the text input; any name is taken.</summary>
    public const string InputName = "text";

    /// <summary>Whether a model answers texts here; entities and sparse vectors are no tensors.</summary>
    public static bool Serves(ModelInfo model) => model.Task is ModelTask.Embedding or ModelTask.Classifier or ModelTask.Reranker;

    /// <summary>Whether a request is one by text.</summary>
    public static bool Is(ModelInfo model, InferMessage message) => model.Task != ModelTask.Tensor && message.Inputs is [{ Type: OrtElementType.String }];

    /// <summary>The outputs of a text model: name, type, sizes after the batch.</summary>
    public static IEnumerable<(string Name, OrtElementType Type, long[] Sizes)> Outputs(ModelInfo model)
    {
        if (model.Task == ModelTask.Embedding)
        {
            yield return ("embedding", OrtElementType.Float32, [model.Dimensions]);
            yield break;
        }

        yield return ("logits", OrtElementType.Float32, [model.Dimensions]);
        if (model.Task == ModelTask.Classifier)
            yield return ("label", OrtElementType.String, []);
    }

    public async ValueTask<(IReadOnlyList<NamedTensor>? Outputs, ApiError? Error)> RunAsync(
        ModelInfo model, string? version, InferMessage message, CancellationToken cancellation)
    {
        if (!Serves(model))
            return (null, new ApiError(ErrorCause.WrongTask, $"model '{model.Name}' takes texts at POST /models/{model.Name}, here its graph's own tensors", "inputs"));
        foreach (var wanted in message.Outputs)
        {
            if (!Outputs(model).Any(output => output.Name == wanted.Name))
                return (null, new ApiError(ErrorCause.Invalid, $"a text request to model '{model.Name}' has no output '{wanted.Name}'", "outputs"));
        }

        if (Texts(model, message.Inputs[0], out var inputs) is { } wrong)
            return (null, new ApiError(ErrorCause.Invalid, $"input '{message.Inputs[0].Name}' {wrong}", "inputs"));
        var truncation = options.AutoTruncate ? Truncation.Right : Truncation.Refuse;
        var answer = model.Task == ModelTask.Embedding
            ? await backend.EmbedAsync(
                new EmbedRequest { Model = model.Name, Version = version, Inputs = inputs, Truncation = truncation, Priority = message.Priority, Timeout = message.Timeout }, cancellation)
            : await backend.ScoreAsync(
                new ScoreRequest { Model = model.Name, Version = version, Inputs = inputs, Truncation = truncation, Priority = message.Priority, Timeout = message.Timeout }, cancellation);
        if (!answer.TryGet(out var output, out var error))
            return (null, ApiError.From(error));
        using (output)
            return (Order(message, Tensors(model, output)), null);
    }

    private string? Texts(ModelInfo model, NamedTensor tensor, out TextInput[] inputs)
    {
        inputs = [];
        var shape = tensor.Shape;
        var pairs = shape is [_, 2];
        if (shape is not ([_] or [_, 1]) && !pairs)
            return "must have shape [n], [n, 1], or [n, 2] for pairs";
        if (pairs && model.Task == ModelTask.Embedding)
            return "must have shape [n] or [n, 1]: an embedding is of one text";
        if (shape[0] == 0 || shape[0] > options.MaxClientBatchSize)
            return $"must have 1 to {options.MaxClientBatchSize} texts, not {shape[0]}";
        inputs = new TextInput[shape[0]];
        var strings = tensor.Strings!;
        for (var i = 0; i < inputs.Length; i++)
        {
            if (!System.Text.Unicode.Utf8.IsValid(strings[pairs ? 2 * i : i].Span) || (pairs && !System.Text.Unicode.Utf8.IsValid(strings[(2 * i) + 1].Span)))
                return "has a text that is not valid UTF-8";
            inputs[i] = pairs
                ? TextInput.OfPair(Encoding.UTF8.GetString(strings[2 * i].Span), Encoding.UTF8.GetString(strings[(2 * i) + 1].Span))
                : TextInput.Of(Encoding.UTF8.GetString(strings[i].Span));
        }

        return null;
    }

    private static List<NamedTensor> Tensors(ModelInfo model, TextOutput output)
    {
        var values = new float[output.Count * output.Dimensions];
        for (var i = 0; i < output.Count; i++)
            output[i].CopyTo(values.AsSpan(i * output.Dimensions));
        var tensors = new List<NamedTensor>
        {
            new()
            {
                Name = model.Task == ModelTask.Embedding ? "embedding" : "logits", Type = OrtElementType.Float32, Shape = [output.Count, output.Dimensions],
                Data = MemoryMarshal.AsBytes<float>(values).ToArray(),
            },
        };
        if (model.Task != ModelTask.Classifier)
            return tensors;
        var labels = new ReadOnlyMemory<byte>[output.Count];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = Encoding.UTF8.GetBytes(model.Labels[System.Numerics.Tensors.TensorPrimitives.IndexOfMax(output[i])]);
        tensors.Add(new() { Name = "label", Type = OrtElementType.String, Shape = [output.Count], Strings = labels });
        return tensors;
    }

    private static List<NamedTensor> Order(InferMessage message, List<NamedTensor> tensors) =>
        message.Outputs.Count == 0 ? tensors : [.. message.Outputs.Select(wanted => tensors.First(tensor => tensor.Name == wanted.Name))];
}
