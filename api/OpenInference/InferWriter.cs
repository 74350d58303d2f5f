using System.Buffers.Binary;
using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>Writes an inference answer: JSON, and after it the outputs that are wanted as bytes.</summary>
internal static class InferWriter
{
    // Elements that are written before what is there is sent: a part of the answer, not all of it, is held.
    private const int PartElements = 8192;

    /// <summary>What of an answer cannot be written as it is asked for; null when all can.</summary>
    /// <param name="message">The request.</param>
    /// <param name="outputs">The answer.</param>
    public static string? Misfit(InferMessage message, IReadOnlyList<NamedTensor> outputs)
    {
        foreach (var tensor in outputs)
        {
            if (!IsBinary(message, tensor.Name) && !IsFinite(tensor))
                return $"output '{tensor.Name}' has values that JSON cannot hold (NaN or infinity); ask for it with binary_data";
        }

        return null;
    }

    /// <summary>Writes and sends the whole body, in parts that the client's reading paces.</summary>
    /// <param name="context">Where it is sent.</param>
    /// <param name="body">Receives each part.</param>
    /// <param name="model">The model that answered.</param>
    /// <param name="message">The request.</param>
    /// <param name="outputs">In the order to be written; without a <see cref="Misfit"/>.</param>
    public static async ValueTask SendAsync(HttpContext context, Reply body, ModelInfo model, InferMessage message, IReadOnlyList<NamedTensor> outputs)
    {
        var binary = new bool[outputs.Count];
        for (var i = 0; i < binary.Length; i++)
            binary[i] = IsBinary(message, outputs[i].Name);
        var tail = outputs.Where((_, i) => binary[i]).Sum(BinaryLength);
        var anyBinary = binary.Contains(true);
        context.Response.ContentType = anyBinary ? "application/octet-stream" : "application/json";
        // How long the JSON is stands before it where bytes follow. What has values in it is not held for that, but written twice.
        var counted = anyBinary && binary.Contains(false);
        if (counted)
        {
            var count = new ByteCount();
            using (var json = Reply.Writer(count))
            {
                await WriteAsync(json, model, message, outputs, binary, () =>
                {
                    context.RequestAborted.ThrowIfCancellationRequested();
                    return default;
                });
            }

            Announce(count.Bytes);
        }

        using (var json = body.Writer())
            await WriteAsync(json, model, message, outputs, binary, () => body.SendPartAsync(context));
        if (anyBinary && !counted)
            Announce(body.Written.Length);
        for (var i = 0; i < outputs.Count; i++)
        {
            if (binary[i])
                await SendBytesAsync(context, body, outputs[i]);
        }

        await body.CompleteAsync(context);

        void Announce(long length)
        {
            context.Response.Headers[InferRoute.HeaderLength] = length.ToString(CultureInfo.InvariantCulture);
            context.Response.ContentLength = length + tail;
        }
    }

    private static async ValueTask WriteAsync(Utf8JsonWriter json, ModelInfo model, InferMessage message, IReadOnlyList<NamedTensor> outputs, bool[] binary, Func<ValueTask> afterPart)
    {
        json.WriteStartObject();
        json.WriteString("model_name"u8, model.Name);
        json.WriteString("model_version"u8, model.Digest[..12]);
        if (message.Id is not null)
            json.WriteString("id"u8, message.Id);
        json.WriteStartArray("outputs"u8);
        for (var i = 0; i < outputs.Count; i++)
        {
            WriteHead(json, outputs[i], binary[i]);
            for (var at = 0; !binary[i] && at < Elements(outputs[i]); at += PartElements)
            {
                WriteData(json, outputs[i], at, Math.Min(PartElements, Elements(outputs[i]) - at));
                json.Flush();
                await afterPart();
            }

            if (!binary[i])
                json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
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

    private static void WriteHead(Utf8JsonWriter json, NamedTensor tensor, bool binary)
    {
        json.WriteStartObject();
        ModelSignature.WriteTensor(json, tensor.Name, tensor.Type, tensor.Shape);
        if (binary)
        {
            json.WriteStartObject("parameters"u8);
            json.WriteNumber("binary_data_size"u8, BinaryLength(tensor));
            json.WriteEndObject();
        }
        else
        {
            json.WriteStartArray("data"u8);
        }
    }

    private static int Elements(NamedTensor tensor) => tensor.Strings?.Count ?? tensor.Data.Length / tensor.Type.SizeOf();

    private static long BinaryLength(NamedTensor tensor) => tensor.Strings?.Sum(text => 4L + text.Length) ?? tensor.Data.Length;

    private static bool IsFinite(NamedTensor tensor)
    {
        var data = tensor.Data.Span;
        if (data.IsEmpty)
            return true;
        switch (tensor.Type)
        {
            case OrtElementType.Float32:
                return TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, float>(data));
            case OrtElementType.Float16:
                return TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, Half>(data));
            case OrtElementType.Float64:
                return TensorPrimitives.IsFiniteAll(MemoryMarshal.Cast<byte, double>(data));
            case OrtElementType.BFloat16:
                foreach (var value in MemoryMarshal.Cast<byte, ushort>(data))
                {
                    if (!float.IsFinite(Single(value)))
                        return false;
                }

                return true;
            default:
                return true;
        }
    }

    private static float Single(ushort bfloat) => BitConverter.Int32BitsToSingle(bfloat << 16);

    private static void WriteData(Utf8JsonWriter json, NamedTensor tensor, int start, int count)
    {
        if (tensor.Strings is { } strings)
        {
            for (var i = start; i < start + count; i++)
                json.WriteStringValue(strings[i].Span);
            return;
        }

        var size = tensor.Type.SizeOf();
        var data = tensor.Data.Span.Slice(start * size, count * size);
        switch (tensor.Type)
        {
            case OrtElementType.Float32:
                foreach (var value in MemoryMarshal.Cast<byte, float>(data))
                    json.WriteNumberValue(value);
                break;
            case OrtElementType.Float16:
                foreach (var value in MemoryMarshal.Cast<byte, Half>(data))
                    json.WriteNumberValue((float)value);
                break;
            case OrtElementType.BFloat16:
                foreach (var value in MemoryMarshal.Cast<byte, ushort>(data))
                    json.WriteNumberValue(Single(value));
                break;
            case OrtElementType.Float64:
                foreach (var value in MemoryMarshal.Cast<byte, double>(data))
                    json.WriteNumberValue(value);
                break;
            default:
                WriteIntegers(json, tensor.Type, data);
                break;
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

    private static async ValueTask SendBytesAsync(HttpContext context, Reply body, NamedTensor tensor)
    {
        for (var at = 0; tensor.Strings is null && at < tensor.Data.Length; at += Reply.PartBytes)
        {
            body.Raw(tensor.Data.Span.Slice(at, Math.Min(Reply.PartBytes, tensor.Data.Length - at)));
            await body.SendPartAsync(context);
        }

        foreach (var text in tensor.Strings ?? [])
        {
            WriteText(body, text.Span);
            await body.SendPartAsync(context);
        }
    }

    private static void WriteText(Reply body, ReadOnlySpan<byte> text)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)text.Length);
        body.Raw(length);
        body.Raw(text);
    }
}
