using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orrery.Api.OpenInference;

/// <summary>A tensor as the OpenAPI document shows it; requests and answers are read and written by hand.</summary>
internal sealed record WireTensor(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("datatype")] string Datatype,
    [property: JsonPropertyName("shape")] long[] Shape,
    [property: JsonPropertyName("data")] JsonElement[] Data);

/// <summary>An inference request.</summary>
internal sealed record InferBody([property: JsonPropertyName("id")] string? Id, [property: JsonPropertyName("inputs")] WireTensor[] Inputs);

/// <summary>An inference answer.</summary>
internal sealed record InferAnswer(
    [property: JsonPropertyName("model_name")] string ModelName,
    [property: JsonPropertyName("model_version")] string ModelVersion,
    [property: JsonPropertyName("id")] string? Id,
    [property: JsonPropertyName("outputs")] WireTensor[] Outputs);

/// <summary>An input or output of a model.</summary>
internal sealed record WireTensorInfo(
    [property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("datatype")] string Datatype, [property: JsonPropertyName("shape")] long[] Shape);

/// <summary>What a model takes and gives.</summary>
internal sealed record ModelMetadata(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("versions")] string[] Versions,
    [property: JsonPropertyName("platform")] string Platform,
    [property: JsonPropertyName("inputs")] WireTensorInfo[] Inputs,
    [property: JsonPropertyName("outputs")] WireTensorInfo[] Outputs);

/// <summary>An error.</summary>
internal sealed record OpenInferenceError([property: JsonPropertyName("error")] string Error);
