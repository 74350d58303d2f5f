using System.Text;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// A tensor: memory that it borrows, or that ONNX Runtime allocated and it owns. Spans over it are valid until it is
/// disposed, which must not happen while one is in use. Reading from several threads is safe.
/// </summary>
public sealed unsafe class OrtValue : IDisposable
{
    internal OrtValue(nint value) => Handle = new OrtHandle(value, OrtLibrary.Instance.Api->ReleaseValue);

    internal OrtHandle Handle { get; }

    /// <summary>The type of its elements.</summary>
    /// <exception cref="OrtException">It is no tensor but a sequence or a map.</exception>
    public OrtElementType ElementType => TensorReader.Describe(Value, []).Type;

    /// <summary>Whether it is a tensor, and not a sequence or a map.</summary>
    public bool IsTensor
    {
        get
        {
            int answer;
            var api = OrtLibrary.Instance.Api;
            OrtException.ThrowIfError(api, api->IsTensor(Value, &answer));
            return answer != 0;
        }
    }

    private nint Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(Handle.IsClosed, this);
            return Handle.DangerousGetHandle();
        }
    }

    /// <summary>A tensor over native memory that stays the caller's, and must stay where it is until the tensor is disposed.</summary>
    /// <param name="data">The elements, row by row.</param>
    /// <param name="byteLength">Bytes of the memory: as many as the shape needs, or more.</param>
    /// <param name="type">The elements' type; not <see cref="OrtElementType.String"/>.</param>
    /// <param name="shape">The dimensions; empty for a scalar.</param>
    /// <exception cref="OrtException">The memory is too small for the shape, or the type is not one of numbers.</exception>
    public static OrtValue OverMemory(void* data, nuint byteLength, OrtElementType type, ReadOnlySpan<long> shape) =>
        new(TensorReader.Over(data, byteLength, type, shape));

    /// <summary>A new tensor in ONNX Runtime's own memory. Numbers are not initialized; strings are empty.</summary>
    public static OrtValue Allocate(OrtElementType type, ReadOnlySpan<long> shape)
    {
        var library = OrtLibrary.Instance;
        nint value;
        fixed (long* dimensions = shape)
        {
            OrtException.ThrowIfError(library.Api, library.Api->CreateTensor(
                library.DefaultAllocator, dimensions, (nuint)shape.Length, (int)type, &value), "The tensor cannot be made");
        }
        return new OrtValue(value);
    }

    /// <summary>A tensor of text.</summary>
    /// <exception cref="ArgumentException">There are not as many strings as the shape has places.</exception>
    public static OrtValue Strings(ReadOnlySpan<string> texts, ReadOnlySpan<long> shape)
    {
        ThrowUnlessFull(texts.Length, shape);
        var tensor = Allocate(OrtElementType.String, shape);
        for (int i = 0; i < texts.Length; i++)
            Encoding.UTF8.GetBytes(texts[i], tensor.ResizeString(i, Encoding.UTF8.GetByteCount(texts[i])));
        return tensor;
    }

    /// <summary>A tensor of text from UTF-8 that lies end to end.</summary>
    /// <param name="utf8">All texts, one after another.</param>
    /// <param name="lengths">Bytes of each text.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="ArgumentException">The lengths do not fit the shape or the bytes.</exception>
    public static OrtValue Strings(ReadOnlySpan<byte> utf8, ReadOnlySpan<int> lengths, ReadOnlySpan<long> shape)
    {
        ThrowUnlessFull(lengths.Length, shape);
        var tensor = Allocate(OrtElementType.String, shape);
        for (int i = 0; i < lengths.Length; i++)
        {
            if ((uint)lengths[i] > (uint)utf8.Length)
            {
                tensor.Dispose();
                throw new ArgumentException($"Text {i} of {lengths[i]} bytes goes beyond the end.", nameof(lengths));
            }
            utf8[..lengths[i]].CopyTo(tensor.ResizeString(i, lengths[i]));
            utf8 = utf8[lengths[i]..];
        }
        return tensor;
    }

    /// <summary>Copies the dimensions.</summary>
    /// <returns>How many there are, which may be more than there was room for.</returns>
    public int GetShape(Span<long> shape) => TensorReader.Describe(Value, shape).Rank;

    /// <summary>The dimensions, in a new array.</summary>
    public long[] GetShape()
    {
        long[] shape = new long[GetShape([])];
        GetShape(shape);
        return shape;
    }

    /// <summary>The elements, in place.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has not the size of an element.</exception>
    public ReadOnlySpan<T> Data<T>() where T : unmanaged => TensorReader.Elements<T>(Value);

    /// <summary>The bytes of the elements, in place: any type but text.</summary>
    public ReadOnlySpan<byte> Bytes => TensorReader.Bytes(Value);

    /// <summary>The elements of a tensor of text.</summary>
    /// <exception cref="OrtException">It is of another type.</exception>
    public string[] GetStrings()
    {
        var api = OrtLibrary.Instance.Api;
        nint value = Value;
        string[] result = new string[(int)TensorReader.Measure(value).Count];
        nuint total;
        OrtException.ThrowIfError(api, api->GetStringTensorDataLength(value, &total), "The text cannot be read");
        byte[] utf8 = new byte[(int)total + 1];
        nuint[] starts = new nuint[result.Length + 1];
        fixed (byte* bytes = utf8)
        fixed (nuint* offsets = starts)
            OrtException.ThrowIfError(api, api->GetStringTensorContent(value, bytes, total, offsets, (nuint)result.Length), "The text cannot be read");
        starts[^1] = total;
        for (int i = 0; i < result.Length; i++)
            result[i] = Encoding.UTF8.GetString(utf8.AsSpan((int)starts[i]..(int)starts[i + 1]));
        return result;
    }

    /// <summary>Frees what it owns, once no run uses it; borrowed memory stays.</summary>
    public void Dispose() => Handle.Dispose();

    private Span<byte> ResizeString(int index, int byteLength)
    {
        var api = OrtLibrary.Instance.Api;
        byte* buffer;
        OrtException.ThrowIfError(api, api->GetResizedStringTensorElementBuffer(Value, (nuint)index, (nuint)byteLength, &buffer));
        return new Span<byte>(buffer, byteLength);
    }

    private static void ThrowUnlessFull(int count, ReadOnlySpan<long> shape)
    {
        if (TensorReader.Count(shape) != count)
            throw new ArgumentException($"{count} texts for a shape of {TensorReader.Count(shape)} places.", nameof(shape));
    }
}
