using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>Writes an inference answer: JSON, and after it the outputs that are wanted as bytes.</summary>
internal static class InferWriter
{
    /// <summary>Writes the whole body.</summary>
    /// <param name="body">Receives it.</param>
    /// <param name="model">The model that answered.</param>
    /// <param name="message">The request.</param>
    /// <param name="outputs">In the order to be written.</param>
    /// <param name="headerLength">Bytes of JSON when bytes follow; null when all is JSON.</param>
    /// <returns>What cannot be written; null when all was.</returns>
    public static string? Write(Reply body, ModelInfo model, InferMessage message, IReadOnlyList<NamedTensor> outputs, out int? headerLength)
    {
        headerLength = null;
        var binary = new bool[outputs.Count];
        for (var i = 0; i < binary.Length; i++)
            binary[i] = IsBinary(message, outputs[i].Name);
        using (var json = body.Writer())
        {
            json.WriteStartObject();
            json.WriteString("model_name"u8, model.Name);
            json.WriteString("model_version"u8, model.Digest[..12]);
            if (message.Id is not null)
                json.WriteString("id"u8, message.Id);
            json.WriteStartArray("outputs"u8);
            for (var i = 0; i < outputs.Count; i++)
            {
                if (WriteTensor(json, outputs[i], binary[i]) is { } wrong)
                    return wrong;
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        if (!binary.Contains(true))
            return null;
        headerLength = body.Written.Length;
        for (var i = 0; i < outputs.Count; i++)
        {
            if (binary[i])
                WriteBytes(body, outputs[i]);
        }

        return null;
    }

    private static bool IsBinary(InferMessage message, string name)
    {
        foreach (var output in message.Outputs)
        {
            if (output.Name == name)
                return output.Binary ?? message.BinaryOutputs;
        }

        return message.BinaryOutputs;
    }

    private static string? WriteTensor(Utf8JsonWriter json, NamedTensor tensor, bool binary)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, tensor.Name);
        json.WriteString("datatype"u8, DataTypes.NameOf(tensor.Type));
        json.WriteStartArray("shape"u8);
        foreach (var size in tensor.Shape)
            json.WriteNumberValue(size);
        json.WriteEndArray();
        if (binary)
        {
            json.WriteStartObject("parameters"u8);
            json.WriteNumber("binary_data_size"u8, tensor.Strings is null ? tensor.Data.Length : tensor.Strings.Sum(text => 4 + text.Length));
            json.WriteEndObject();
        }
        else
        {
            json.WriteStartArray("data"u8);
            if (!WriteData(json, tensor))
                return $"output '{tensor.Name}' has values that JSON cannot hold (NaN or infinity); ask for it with binary_data";
            json.WriteEndArray();
        }

        json.WriteEndObject();
        return null;
    }

    private static bool WriteData(Utf8JsonWriter json, NamedTensor tensor)
    {
        var data = tensor.Data.Span;
        switch (tensor.Type)
        {
            case OrtElementType.String:
                foreach (var text in tensor.Strings!)
                    json.WriteStringValue(text.Span);
                return true;
            case OrtElementType.Float32:
                foreach (var value in MemoryMarshal.Cast<byte, float>(data))
                {
                    if (!float.IsFinite(value))
                        return false;
                    json.WriteNumberValue(value);
                }

                return true;
            case OrtElementType.Float16:
                foreach (var value in MemoryMarshal.Cast<byte, Half>(data))
                {
                    if (!Half.IsFinite(value))
                        return false;
                    json.WriteNumberValue((float)value);
                }

                return true;
            case OrtElementType.BFloat16:
                foreach (var value in MemoryMarshal.Cast<byte, ushort>(data))
                {
                    var single = BitConverter.Int32BitsToSingle(value << 16);
                    if (!float.IsFinite(single))
                        return false;
                    json.WriteNumberValue(single);
                }

                return true;
            case OrtElementType.Float64:
                foreach (var value in MemoryMarshal.Cast<byte, double>(data))
                {
                    if (!double.IsFinite(value))
                        return false;
                    json.WriteNumberValue(value);
                }

                return true;
            default:
                WriteIntegers(json, tensor.Type, data);
                return true;
        }
    }

    private static void WriteIntegers(Utf8JsonWriter json, OrtElementType type, ReadOnlySpan<byte> data)
    {
        for (var at = 0; at < data.Length; at += type.SizeOf())
        {
            var element = data[at..];
            switch (type)
            {
                case OrtElementType.Bool:
                    json.WriteBooleanValue(element[0] != 0);
                    break;
                case OrtElementType.UInt64:
                    json.WriteNumberValue(BinaryPrimitives.ReadUInt64LittleEndian(element));
                    break;
                default:
                    json.WriteNumberValue(type switch
                    {
                        OrtElementType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(element),
                        OrtElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(element),
                        OrtElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(element),
                        OrtElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(element),
                        OrtElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(element),
                        OrtElementType.Int8 => (sbyte)element[0],
                        _ => element[0],
                    });
                    break;
            }
        }
    }

    private static void WriteBytes(Reply body, NamedTensor tensor)
    {
        if (tensor.Strings is null)
        {
            body.Write(tensor.Data.Span);
            return;
        }

        Span<byte> length = stackalloc byte[4];
        foreach (var text in tensor.Strings)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)text.Length);
            body.Write(length);
            body.Write(text.Span);
        }
    }
}
