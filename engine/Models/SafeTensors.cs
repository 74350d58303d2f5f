using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Orrery.Engine.Models;

/// <summary>One tensor of a file.</summary>
/// <param name="Type">Its element type as the format writes it: F32, F16, BF16 …</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Offset">Where its first byte lies in the file.</param>
/// <param name="Bytes">How many there are.</param>
internal sealed record SafeTensor(string Type, long[] Shape, long Offset, long Bytes);

/// <summary>
/// A file of weights in Hugging Face's safetensors format: eight bytes of length, a JSON header of that length, then the numbers
/// (github.com/huggingface/safetensors, "Format"). Only the header is read here; what it says is checked against the file's size.
/// </summary>
internal sealed class SafeTensors
{
    // The format's own limit is 100 MB; a table or a layer has a header of a few hundred bytes.
    private const long MaxHeaderBytes = 16L << 20;

    // A layer of 16,384 by 16,384 numbers.
    private const long MaxTensorBytes = 1L << 30;

    private readonly string _path;
    private readonly string _name;
    private readonly Dictionary<string, SafeTensor> _tensors = new(StringComparer.Ordinal);

    private SafeTensors(string path, string name)
    {
        _path = path;
        _name = name;
    }

    /// <summary>Reads a file's header.</summary>
    /// <param name="path">The file, checked.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="ModelFormatException">It is no such file, or cut.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static SafeTensors Open(string path, string name)
    {
        var found = new SafeTensors(path, name);
        if (new FileInfo(path).Length == 0 && new FileInfo(path).LinkTarget is null)
            throw found.Wrong("is empty");
        using var file = File.OpenHandle(path);
        var size = RandomAccess.GetLength(file);
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        var length = RandomAccess.Read(file, prefix, 0) == prefix.Length ? BinaryPrimitives.ReadUInt64LittleEndian(prefix) : ulong.MaxValue;
        if (length > (ulong)Math.Min(MaxHeaderBytes, size - prefix.Length))
            throw found.Wrong("is no safetensors file, or cut");
        var header = new byte[length];
        if (RandomAccess.Read(file, header, prefix.Length) != header.Length)
            throw found.Wrong("is cut in its header");
        var start = prefix.Length + (long)length;
        foreach (var property in ConfigJson.Parse(header, name).Root is { ValueKind: JsonValueKind.Object } root ? root.EnumerateObject() : throw found.Wrong("has no header"))
        {
            if (property.Name != "__metadata__")
                found._tensors[property.Name] = found.Tensor(property, start, size);
        }

        return found;
    }

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>A tensor by name; null when there is none.</summary>
    public SafeTensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Reads a tensor's numbers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">What it must have.</param>
    /// <exception cref="ModelFormatException">It is not there, has another shape, or an element type that is not known.</exception>
    public float[] Read(string name, params ReadOnlySpan<long> shape)
    {
        var tensor = Find(name) ?? throw Wrong($"has no tensor '{name}'");
        if (!shape.SequenceEqual(tensor.Shape))
            throw Wrong($"'{name}' has the shape [{string.Join(", ", tensor.Shape)}], not [{string.Join(", ", shape.ToArray())}]");
        if (SizeOf(tensor.Type) == 0)
            throw Wrong($"'{name}' has numbers of type {tensor.Type}, which are not read here: F32, F16, BF16 and F64 are");
        if (tensor.Bytes > MaxTensorBytes)
            throw Wrong($"'{name}' has {tensor.Bytes} bytes, more than the {MaxTensorBytes} that are read");
        var bytes = new byte[tensor.Bytes];
        using (var file = File.OpenHandle(_path))
        {
            for (var read = 0; read < bytes.Length;)
            {
                var more = RandomAccess.Read(file, bytes.AsSpan(read), tensor.Offset + read);
                read += more > 0 ? more : throw Wrong("became shorter while it was read");
            }
        }

        var numbers = new float[tensor.Bytes / SizeOf(tensor.Type)];
        switch (tensor.Type)
        {
            case "F32":
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(numbers);
                break;
            case "F16":
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), numbers);
                break;
            case "BF16":
                for (var i = 0; i < numbers.Length; i++)
                    numbers[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i * 2)) << 16);
                break;
            default:
                for (var i = 0; i < numbers.Length; i++)
                    numbers[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(i * 8));
                break;
        }

        return numbers;
    }

    public ModelFormatException Wrong(string what) => new($"{_name} {what}");

    private SafeTensor Tensor(JsonProperty property, long start, long size)
    {
        var json = new ConfigJson(property.Value, $"{_name}: {property.Name}");
        var type = json.String("dtype") ?? throw json.Wrong("dtype", "an element type");
        long[] shape = Numbers(json, "shape"), offsets = Numbers(json, "data_offsets");
        if (offsets.Length != 2 || offsets[1] < offsets[0] || offsets[1] > size - start)
            throw json.Wrong("data_offsets", "a place within the file: it may be cut");
        var elements = 1L;
        foreach (var dimension in shape)
            elements = dimension == 0 ? 0 : elements > long.MaxValue / 8 / dimension ? throw json.Wrong("shape", "dimensions of a tensor in the file") : elements * dimension;
        return SizeOf(type) is > 0 and var bytes && elements * bytes != offsets[1] - offsets[0]
            ? throw json.Wrong("data_offsets", $"as many bytes as {elements} numbers of {type} have")
            : new SafeTensor(type, shape, start + offsets[0], offsets[1] - offsets[0]);
    }

    private static long[] Numbers(ConfigJson json, string key)
    {
        if (json.Any(key) is not { ValueKind: JsonValueKind.Array } array || array.GetArrayLength() > 16)
            throw json.Wrong(key, "an array of numbers");
        return [.. array.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) && number >= 0 ? number : throw json.Wrong(key, "whole numbers"))];
    }

    /// <summary>Bytes of a number; 0 for types that are not read here.</summary>
    private static int SizeOf(string type) => type switch
    {
        "F64" => 8,
        "F32" => 4,
        "F16" or "BF16" => 2,
        _ => 0,
    };
}
