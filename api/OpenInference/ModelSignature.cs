using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>A tensor that a model takes or gives.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its elements.</param>
/// <param name="Shape">Sizes, outermost first; -1 for one that varies.</param>
internal sealed record SignatureTensor(string Name, OrtElementType Type, long[] Shape)
{
    /// <summary>The classes behind the columns, where they are known.</summary>
    public ImmutableArray<string> Labels { get; init; } = [];
}

/// <summary>
/// What a client finds of a model when it asks for metadata: inputs that can be given together, and outputs that can be had together. Of a text model
/// those are its texts and what is made of them; what its graph has, for callers that tokenize themselves, is told beside it.
/// </summary>
internal static class ModelSignature
{
    public static IReadOnlyList<SignatureTensor> Inputs(ModelInfo model) => !TextInference.Serves(model)
        ? GraphInputs(model)
        : [new SignatureTensor(TextInference.InputName, OrtElementType.String, model.Task == ModelTask.Reranker ? [-1, 2] : [-1])];

    public static IReadOnlyList<SignatureTensor> Outputs(ModelInfo model) => !TextInference.Serves(model)
        ? GraphOutputs(model)
        : [.. TextInference.Outputs(model).Select(output => new SignatureTensor(output.Name, output.Type, [-1, .. output.Sizes]))];

    /// <summary>The answer to a question for metadata.</summary>
    public static void Write(Utf8JsonWriter json, ModelInfo model)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, model.Name);
        json.WriteStartArray("versions"u8);
        json.WriteStringValue(ModelVersions.NameOf(model));
        json.WriteEndArray();
        json.WriteString("platform"u8, "onnxruntime_onnx"u8);
        Write(json, "inputs", Inputs(model));
        Write(json, "outputs", Outputs(model));
        if (TextInference.Serves(model))
        {
            json.WriteStartObject("graph"u8);
            Write(json, "inputs", GraphInputs(model));
            Write(json, "outputs", GraphOutputs(model));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Name, type and shape of a tensor, into an object that is begun.</summary>
    public static void WriteTensor(Utf8JsonWriter json, string name, OrtElementType type, long[] shape)
    {
        json.WriteString("name"u8, name);
        json.WriteString("datatype"u8, DataTypes.NameOf(type));
        json.WriteStartArray("shape"u8);
        foreach (var size in shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
    }

    private static SignatureTensor[] GraphInputs(ModelInfo model) => [.. model.Inputs.Select(input => new SignatureTensor(input.Name, input.ElementType, [.. input.Shape]))];

    private static SignatureTensor[] GraphOutputs(ModelInfo model) =>
    [
        // What is no tensor cannot be asked for.
        .. model.Outputs.Where(output => output.ElementType != OrtElementType.Undefined)
            .Select(output => new SignatureTensor(output.Name, output.ElementType, [.. output.Shape]) { Labels = model.OutputLabels.GetValueOrDefault(output.Name, []) }),
    ];

    private static void Write(Utf8JsonWriter json, string field, IReadOnlyList<SignatureTensor> tensors)
    {
        json.WriteStartArray(field);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            WriteTensor(json, tensor.Name, tensor.Type, tensor.Shape);
            if (!tensor.Labels.IsEmpty)
            {
                json.WriteStartObject("parameters"u8);
                json.WriteStartArray("labels"u8);
                foreach (var label in tensor.Labels)
                    json.WriteStringValue(label);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
