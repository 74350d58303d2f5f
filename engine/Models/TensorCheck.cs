using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Models;

/// <summary>Whether raw tensors fit a graph, before a session sees them.</summary>
internal static class TensorCheck
{
    public static InferenceError? Check(TensorRequest request, ModelInfo model)
    {
        foreach (var expected in model.Inputs)
        {
            if (!Contains(request.Inputs, expected.Name))
                return new InferenceError(InferenceErrorKind.Invalid, $"input '{expected.Name}' is missing", "inputs");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in request.Inputs)
        {
            if (Find(model.Inputs, tensor.Name) is not { } expected)
                return new InferenceError(InferenceErrorKind.Invalid, $"model '{model.Name}' has no input '{tensor.Name}'", "inputs");
            if (!seen.Add(tensor.Name))
                return new InferenceError(InferenceErrorKind.Invalid, $"input '{tensor.Name}' is given twice", "inputs");
            if (Fits(tensor, expected) is { } wrong)
                return new InferenceError(InferenceErrorKind.Unprocessable, $"input '{tensor.Name}' {wrong}", "inputs");
        }

        foreach (var output in model.Outputs)
        {
            // Sequences and maps; a graph with such outputs has others that can be asked for.
            if (output.ElementType == OrtElementType.Undefined && (request.Outputs.Count == 0 || request.Outputs.Contains(output.Name)))
                return new InferenceError(InferenceErrorKind.Unprocessable, $"output '{output.Name}' is a sequence or a map, which no tensor holds; ask for other outputs by name: {Tensors(model)}", "outputs");
        }

        seen.Clear();
        foreach (var name in request.Outputs)
        {
            if (!seen.Add(name))
                return new InferenceError(InferenceErrorKind.Invalid, $"output '{name}' is asked for twice", "outputs");
            if (Find(model.Outputs, name) is null)
                return new InferenceError(InferenceErrorKind.Invalid, $"model '{model.Name}' has no output '{name}'", "outputs");
        }

        return null;
    }

    /// <summary>What a run counts as in the queue: the elements of its largest input, as a text's tokens are of its ids.</summary>
    public static int Cost(TensorRequest request)
    {
        var most = 1L;
        foreach (var tensor in request.Inputs)
            most = Math.Max(most, Elements(tensor.Shape));
        return (int)Math.Min(most, int.MaxValue / 2);
    }

    private static string? Fits(NamedTensor tensor, OrtTensorInfo expected)
    {
        if (tensor.Type != expected.ElementType)
            return $"is {tensor.Type}, but the graph takes {expected.ElementType}";
        if (tensor.Shape.Length != expected.Shape.Length)
            return $"has {tensor.Shape.Length} dimensions, but the graph takes [{string.Join(", ", expected.Shape)}]";
        for (var i = 0; i < tensor.Shape.Length; i++)
        {
            if (tensor.Shape[i] < 0 || (expected.Shape[i] >= 0 && tensor.Shape[i] != expected.Shape[i]))
                return $"has shape [{string.Join(", ", tensor.Shape)}], but the graph takes [{string.Join(", ", expected.Shape)}]";
        }

        var elements = Elements(tensor.Shape);
        if (tensor.Type == OrtElementType.String)
            return tensor.Strings?.Count == elements ? null : $"has {tensor.Strings?.Count ?? 0} strings for a shape of {elements} elements";
        var bytes = elements * tensor.Type.SizeOf();
        return tensor.Data.Length == bytes ? null : $"has {tensor.Data.Length} bytes for a shape of {bytes}";
    }

    private static string Tensors(ModelInfo model)
    {
        var names = new List<string>();
        foreach (var output in model.Outputs)
        {
            if (output.ElementType != OrtElementType.Undefined)
                names.Add(output.Name);
        }

        return names.Count == 0 ? "it has none" : string.Join(", ", names);
    }

    private static long Elements(long[] shape)
    {
        var elements = 1L;
        foreach (var size in shape)
            elements = size <= 0 ? 0 : elements > int.MaxValue / size ? int.MaxValue : elements * size;
        return elements;
    }

    private static bool Contains(IReadOnlyList<NamedTensor> tensors, string name)
    {
        foreach (var tensor in tensors)
        {
            if (tensor.Name == name)
                return true;
        }

        return false;
    }

    private static OrtTensorInfo? Find(IReadOnlyList<OrtTensorInfo> infos, string name)
    {
        foreach (var info in infos)
        {
            if (info.Name == name)
                return info;
        }

        return null;
    }
}
