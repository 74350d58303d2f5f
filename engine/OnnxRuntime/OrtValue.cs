using System.Runtime.InteropServices;
using System.Text;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>A tensor that ONNX Runtime can read or has made.</summary>
public sealed unsafe class OrtValue : IDisposable
{
    private readonly OrtApi _api;
    private nint _handle;

    internal OrtValue(OrtApi api, nint handle)
    {
        _api = api;
        _handle = handle;
        nint info;
        api.Check(((delegate* unmanaged<nint, nint*, nint>)api[OrtFunction.GetTensorTypeAndShape])(handle, &info));
        (ElementType, Shape) = ReadShape(api, info);
        api.Release(OrtFunction.ReleaseTensorTypeAndShapeInfo, info);
    }

    private OrtValue(OrtApi api, nint handle, OrtElementType type, long[] shape)
    {
        _api = api;
        _handle = handle;
        ElementType = type;
        Shape = shape;
    }

    /// <summary>Frees what was never disposed.</summary>
    ~OrtValue() => Free();

    /// <summary>Its elements.</summary>
    public OrtElementType ElementType { get; }

    /// <summary>Its sizes, outermost first; not to be changed.</summary>
    public long[] Shape { get; }

    /// <summary>How many elements there are.</summary>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var size in Shape)
                count *= size;
            return count;
        }
    }

    /// <summary>The elements as bytes, in place; valid until disposed.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            void* data;
            _api.Check(((delegate* unmanaged<nint, void**, nint>)_api[OrtFunction.GetTensorMutableData])(Handle, &data));
            return new ReadOnlySpan<byte>(data, checked((int)(Count * ElementType.SizeOf())));
        }
    }

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>A tensor over native memory, which must stay as it is until the value is disposed.</summary>
    /// <param name="environment">Of the sessions it is for.</param>
    /// <param name="buffer">The memory: at least the elements' bytes.</param>
    /// <param name="type">A type of fixed size.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    /// <exception cref="OrtException">The memory is too small for the shape.</exception>
    public static OrtValue Over(OrtEnvironment environment, NativeBuffer buffer, OrtElementType type, ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var size in shape)
            count *= size;
        var bytes = (nuint)(count * type.SizeOf());
        if (bytes > buffer.Capacity)
            throw new OrtException(OrtErrorCode.InvalidArgument, $"the buffer has {buffer.Capacity} bytes; [{string.Join(", ", shape.ToArray())}] of {type} needs {bytes}");
        var api = environment.Api;
        nint handle;
        fixed (long* sizes = shape)
        {
            api.Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint>)api[OrtFunction.CreateTensorWithDataAsOrtValue])(
                api.CpuMemory, buffer.Pointer, bytes, sizes, (nuint)shape.Length, (int)type, &handle));
        }

        return new OrtValue(api, handle, type, shape.ToArray());
    }

    /// <summary>A tensor of strings, copied.</summary>
    /// <param name="environment">Of the sessions it is for.</param>
    /// <param name="strings">UTF-8, as many as the shape has elements.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    public static OrtValue Strings(OrtEnvironment environment, IReadOnlyList<ReadOnlyMemory<byte>> strings, ReadOnlySpan<long> shape)
    {
        var api = environment.Api;
        nint handle;
        fixed (long* sizes = shape)
        {
            api.Check(((delegate* unmanaged<nint, long*, nuint, int, nint*, nint>)api[OrtFunction.CreateTensorAsOrtValue])(
                api.Allocator, sizes, (nuint)shape.Length, (int)OrtElementType.String, &handle));
        }

        var value = new OrtValue(api, handle, OrtElementType.String, shape.ToArray());
        for (var i = 0; i < strings.Count; i++)
        {
            // The C API wants an end mark.
            var text = strings[i].Span;
            var terminated = new byte[text.Length + 1];
            text.CopyTo(terminated);
            fixed (byte* bytes = terminated)
                api.Check(((delegate* unmanaged<nint, byte*, nuint, nint>)api[OrtFunction.FillStringTensorElement])(handle, bytes, (nuint)i));
        }

        return value;
    }

    /// <summary>The elements in place; valid until disposed.</summary>
    /// <typeparam name="T">A type of the elements' size.</typeparam>
    public ReadOnlySpan<T> Data<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes);

    /// <summary>The sizes.</summary>
    /// <param name="shape">Receives them; at least as long as the rank.</param>
    /// <returns>The rank.</returns>
    public int GetShape(Span<long> shape)
    {
        Shape.CopyTo(shape);
        return Shape.Length;
    }

    /// <summary>Copies the elements of a tensor of strings.</summary>
    public ReadOnlyMemory<byte>[] GetUtf8Strings()
    {
        var strings = new ReadOnlyMemory<byte>[Count];
        for (var i = 0; i < strings.Length; i++)
        {
            nuint length;
            _api.Check(((delegate* unmanaged<nint, nuint, nuint*, nint>)_api[OrtFunction.GetStringTensorElementLength])(Handle, (nuint)i, &length));
            var text = new byte[length];
            fixed (byte* bytes = text)
                _api.Check(((delegate* unmanaged<nint, nuint, nuint, byte*, nint>)_api[OrtFunction.GetStringTensorElement])(Handle, length, (nuint)i, bytes));
            strings[i] = text;
        }

        return strings;
    }

    /// <summary>Copies the elements of a tensor of strings.</summary>
    public string[] GetStrings() => Array.ConvertAll(GetUtf8Strings(), text => Encoding.UTF8.GetString(text.Span));

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    internal static (OrtElementType Type, long[] Shape) ReadShape(OrtApi api, nint info)
    {
        int type;
        nuint rank;
        api.Check(((delegate* unmanaged<nint, int*, nint>)api[OrtFunction.GetTensorElementType])(info, &type));
        api.Check(((delegate* unmanaged<nint, nuint*, nint>)api[OrtFunction.GetDimensionsCount])(info, &rank));
        var shape = new long[rank];
        fixed (long* sizes = shape)
            api.Check(((delegate* unmanaged<nint, long*, nuint, nint>)api[OrtFunction.GetDimensions])(info, sizes, rank));
        return (Enum.IsDefined((OrtElementType)type) ? (OrtElementType)type : OrtElementType.Undefined, shape);
    }

    private void Free()
    {
        if (Interlocked.Exchange(ref _handle, 0) is var handle and not 0)
            _api.Release(OrtFunction.ReleaseValue, handle);
    }
}
