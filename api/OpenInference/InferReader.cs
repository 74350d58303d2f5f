using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>
/// Reads an inference request: JSON, and after it the bytes of the inputs that say <c>binary_data_size</c>, in their order
/// (the binary tensor data extension).
/// </summary>
internal sealed class InferReader(ReadOnlyMemory<byte> tail)
{
    private ReadOnlyMemory<byte> _tail = tail;

    /// <summary>Parses a body.</summary>
    /// <param name="body">All of it.</param>
    /// <param name="headerLength">Inference-Header-Content-Length; null when absent: the whole body is JSON.</param>
    /// <param name="message">The request, when nothing is wrong.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Read(ReadOnlyMemory<byte> body, int? headerLength, out InferMessage message)
    {
        message = new InferMessage();
        var json = body[..(headerLength ?? body.Length)];
        if (!Utf8.IsValid(json.Span))
            return "the request is not valid UTF-8";
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
        }
        catch (JsonException e)
        {
            return $"the request is not valid JSON: {e.Message}";
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return "the request must be a JSON object";
            var reader = new InferReader(headerLength is null ? default : body[headerLength.Value..]);
            try
            {
                return reader.ReadRoot(document.RootElement, hasTail: headerLength is not null, out message);
            }
            catch (InvalidOperationException)
            {
                // JSON may escape half of a surrogate pair, in a name too; such text is found only when it is read.
                return "the request has half of a surrogate pair";
            }
        }
    }

    /// <summary>Splits the binary form of strings: a little-endian uint32 of bytes before each.</summary>
    public static string? SplitStrings(ReadOnlyMemory<byte> bytes, List<ReadOnlyMemory<byte>> strings)
    {
        while (bytes.Length > 0)
        {
            if (bytes.Length < 4)
                return $"ends within a string's length: expecting {4 - bytes.Length} additional bytes";
            var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span);
            if (length > bytes.Length - 4)
                return $"ends within a string: expecting {length - (bytes.Length - 4)} additional bytes";
            strings.Add(bytes.Slice(4, (int)length));
            bytes = bytes[(4 + (int)length)..];
        }

        return null;
    }

    private string? ReadRoot(JsonElement root, bool hasTail, out InferMessage message)
    {
        message = new InferMessage();
        if (root.TryGetProperty("id", out var id) && id.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            return "'id' must be a string";
        if (ReadParameters(root, out var binaryOutputs, out var priority, out var timeout) is { } wrongParameter)
            return wrongParameter;
        if (!root.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Array || inputs.GetArrayLength() == 0)
            return "'inputs' must be a list of at least one tensor";
        var tensors = new List<NamedTensor>(inputs.GetArrayLength());
        foreach (var input in inputs.EnumerateArray())
        {
            if (ReadTensor(input, hasTail, out var tensor) is { } wrong)
                return wrong;
            tensors.Add(tensor!);
        }

        if (_tail.Length > 0)
            return $"unexpected additional input data for model: {_tail.Length} bytes belong to no input";
        if (ReadOutputs(root, out var outputs) is { } wrongOutput)
            return wrongOutput;
        message = new InferMessage
        {
            Id = id.ValueKind == JsonValueKind.String ? id.GetString() : null,
            Inputs = tensors,
            Outputs = outputs,
            BinaryOutputs = binaryOutputs,
            Priority = priority,
            Timeout = timeout,
        };
        return null;
    }

    private string? ReadTensor(JsonElement input, bool hasTail, out NamedTensor? tensor)
    {
        tensor = null;
        if (input.ValueKind != JsonValueKind.Object || Text(input, "name") is not { } name)
            return "every input must be an object with a 'name'";
        if (Text(input, "datatype") is not { } datatype || DataTypes.Parse(datatype) is var type && type == OrtElementType.Undefined)
            return $"input '{name}': 'datatype' must be one of BOOL, UINT8 to UINT64, INT8 to INT64, FP16, BF16, FP32, FP64, BYTES";
        if (ReadShape(input, out var shape, out var elements) is { } wrongShape)
            return $"input '{name}': {wrongShape}";
        tensor = new NamedTensor { Name = name, Type = type, Shape = shape };

        var strings = new List<ReadOnlyMemory<byte>>();
        if (input.TryGetProperty("parameters", out var shared) && shared.ValueKind == JsonValueKind.Object && shared.TryGetProperty("shared_memory_region", out _))
            return $"input '{name}': shared_memory_region: shared memory is not supported";
        if (BinarySize(input, out var size) is { } wrongSize)
            return $"input '{name}': {wrongSize}";
        if (size is { } bytes)
        {
            if (!hasTail)
                return $"input '{name}': binary_data_size needs the header Inference-Header-Content-Length";
            if (bytes > _tail.Length)
                return $"input '{name}': expecting {bytes - _tail.Length} additional bytes of binary data";
            var data = _tail[..bytes];
            _tail = _tail[bytes..];
            if (type != OrtElementType.String)
            {
                tensor = tensor with { Data = data };
                return data.Length == elements * type.SizeOf() ? null : $"input '{name}': {data.Length} bytes do not fit the shape's {elements} elements of {datatype}";
            }

            if (SplitStrings(data, strings) is { } torn)
                return $"input '{name}': {torn}";
        }
        else if (!input.TryGetProperty("data", out var json))
        {
            return $"input '{name}' has neither 'data' nor binary_data_size";
        }
        else if (type is OrtElementType.Float16 or OrtElementType.BFloat16)
        {
            return $"input '{name}': {datatype} can only be sent as binary data";
        }
        else if (type != OrtElementType.String)
        {
            if (JsonTensor.Pack(json, type, elements, out var packed) is { } wrong)
                return $"input '{name}' {wrong}";
            tensor = tensor with { Data = packed };
            return null;
        }
        else if (JsonTensor.Strings(json, strings) is { } wrong)
        {
            return $"input '{name}' {wrong}";
        }

        tensor = tensor with { Strings = strings };
        return strings.Count == elements ? null : $"input '{name}' has {strings.Count} strings, but its shape {elements}";
    }

    private static string? ReadShape(JsonElement input, out long[] shape, out long elements)
    {
        shape = [];
        elements = 1;
        if (!input.TryGetProperty("shape", out var json) || json.ValueKind != JsonValueKind.Array || json.GetArrayLength() > 8)
            return "Unable to parse 'shape': it must be a list of at most 8 sizes";
        shape = new long[json.GetArrayLength()];
        var i = 0;
        foreach (var size in json.EnumerateArray())
        {
            if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out shape[i]) || shape[i] < 0)
                return "'shape' contains one or more invalid dimensions";
            if (shape[i] > 0 && elements > int.MaxValue / 8 / shape[i])
                return "'shape' exceeds the maximum allowed number of elements";
            elements *= shape[i++];
        }

        return null;
    }

    private static string? BinarySize(JsonElement input, out int? size)
    {
        size = null;
        if (!input.TryGetProperty("parameters", out var parameters) || parameters.ValueKind != JsonValueKind.Object
            || !parameters.TryGetProperty("binary_data_size", out var json))
            return null;
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetInt32(out var bytes) || bytes < 0)
            return "binary_data_size must be an integer of bytes, at least 0";
        size = bytes;
        return null;
    }

    private static string? ReadOutputs(JsonElement root, out List<WantedOutput> outputs)
    {
        outputs = [];
        if (!root.TryGetProperty("outputs", out var json) || json.ValueKind == JsonValueKind.Null)
            return null;
        if (json.ValueKind != JsonValueKind.Array)
            return "'outputs' must be a list";
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in json.EnumerateArray())
        {
            if (output.ValueKind != JsonValueKind.Object || Text(output, "name") is not { } name)
                return "every output must be an object with a 'name'";
            if (!names.Add(name))
                return $"output '{name}' is asked for twice";
            bool? binary = null;
            var classes = 0;
            if (output.TryGetProperty("parameters", out var parameters) && parameters.ValueKind == JsonValueKind.Object)
            {
                if (parameters.TryGetProperty("shared_memory_region", out _))
                    return $"output '{name}': shared_memory_region: shared memory is not supported";
                if (parameters.TryGetProperty("classification", out var wanted) && (wanted.ValueKind != JsonValueKind.Number || !wanted.TryGetInt32(out classes) || classes is < 0 or > Classification.MaxClasses))
                    return $"output '{name}': classification must be an integer from 0 to {Classification.MaxClasses}";
                if (parameters.TryGetProperty("binary_data", out var flag))
                {
                    if (flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                        return $"output '{name}': binary_data must be true or false";
                    binary = flag.GetBoolean();
                }
            }

            outputs.Add(new WantedOutput(name, binary, classes));
        }

        return null;
    }

    private static string? ReadParameters(JsonElement root, out bool binaryOutputs, out Priority priority, out TimeSpan? timeout)
    {
        (binaryOutputs, priority, timeout) = (false, Priority.Interactive, null);
        if (!root.TryGetProperty("parameters", out var parameters) || parameters.ValueKind == JsonValueKind.Null)
            return null;
        if (parameters.ValueKind != JsonValueKind.Object)
            return "'parameters' must be an object";
        foreach (var parameter in parameters.EnumerateObject())
        {
            var value = parameter.Value;
            switch (parameter.Name)
            {
                case var name when name.StartsWith("triton_", StringComparison.Ordinal):
                    return $"parameter '{name}' is reserved and must not be sent";
                case "sequence_id":
                    return "parameter 'sequence_id': models here keep no state between requests";
                case "binary_data_output":
                    if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
                        return "parameter 'binary_data_output' must be true or false";
                    binaryOutputs = value.GetBoolean();
                    break;
                case "priority":
                    // 0 is the default, 1 the highest; what is put behind that is work nobody waits for.
                    if (value.ValueKind != JsonValueKind.Number || !value.TryGetUInt64(out var level))
                        return "parameter 'priority' must be an integer, at least 0";
                    priority = level > 1 ? Priority.Bulk : Priority.Interactive;
                    break;
                case "timeout":
                    if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var microseconds) || microseconds < 0)
                        return "parameter 'timeout' must be an integer of microseconds, at least 0";
                    timeout = microseconds == 0 ? null : TimeSpan.FromMicroseconds(Math.Min(microseconds, 86_400_000_000));
                    break;
            }
        }

        return null;
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
