using System.Text.Json;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>
/// <c>…/config</c>: a model as Triton's model configuration says it. <c>max_batch_size</c> is 0, with which Triton means that shapes are told whole, the batch
/// among them: they are those of the metadata.
/// </summary>
internal static class ModelConfiguration
{
    public static void Write(Utf8JsonWriter json, ModelInfo model)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, model.Name);
        json.WriteString("platform"u8, "onnxruntime_onnx"u8);
        json.WriteString("backend"u8, "onnxruntime"u8);
        json.WriteStartObject("version_policy"u8);
        json.WriteStartObject("latest"u8);
        json.WriteNumber("num_versions"u8, 1);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteNumber("max_batch_size"u8, 0);
        Write(json, "input", ModelSignature.Inputs(model));
        Write(json, "output", ModelSignature.Outputs(model));
        json.WriteStartArray("instance_group"u8);
        json.WriteStartObject();
        json.WriteString("name"u8, model.Name);
        json.WriteString("kind"u8, model.Device.StartsWith("cpu", StringComparison.Ordinal) || model.Device.Length == 0 ? "KIND_CPU"u8 : "KIND_GPU"u8);
        json.WriteNumber("count"u8, Math.Max(1, model.Sessions));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("parameters"u8);
        Parameter(json, "task", model.Task.ToString().ToLowerInvariant());
        if (model.MaxLength > 0)
            Parameter(json, "max_length", model.MaxLength.ToString(System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string field, IReadOnlyList<SignatureTensor> tensors)
    {
        json.WriteStartArray(field);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, tensor.Name);
            json.WriteString("data_type"u8, tensor.Type == OrtElementType.String ? "TYPE_STRING" : "TYPE_" + DataTypes.NameOf(tensor.Type));
            json.WriteStartArray("dims"u8);
            foreach (var size in tensor.Shape)
                json.WriteNumberValue(size);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Parameter(Utf8JsonWriter json, string name, string value)
    {
        json.WriteStartObject(name);
        json.WriteString("string_value"u8, value);
        json.WriteEndObject();
    }
}
