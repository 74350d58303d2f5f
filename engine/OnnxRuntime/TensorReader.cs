namespace Orrery.Engine.OnnxRuntime;

/// <summary>Makes and reads native tensors, for those who hold the native value.</summary>
internal static unsafe class TensorReader
{
    // ONNX sets no limit; what models use is below ten.
    private const int MaxRank = 32;
    private const string NoTensor = "The value is not a tensor";

    /// <summary>A tensor over memory that stays the caller's.</summary>
    internal static nint Over(void* data, nuint byteLength, OrtElementType type, ReadOnlySpan<long> shape)
    {
        var library = OrtLibrary.Instance;
        nint value;
        fixed (long* dimensions = shape)
        {
            OrtException.ThrowIfError(library.Api, library.Api->CreateTensorWithData(
                library.CpuMemory, data, byteLength, dimensions, (nuint)shape.Length, (int)type, &value), "The tensor cannot be made");
        }
        return value;
    }

    /// <summary>Element type and number of dimensions; fills as many of <paramref name="shape"/> as there is room for.</summary>
    internal static (OrtElementType Type, int Rank) Describe(nint value, Span<long> shape)
    {
        var api = OrtLibrary.Instance.Api;
        int type;
        nuint rank;
        if (OrtLibrary.Instance.Has124)
        {
            long* dimensions;
            OrtException.ThrowIfError(api, api->GetTypeAndShapeReference(value, &type, &dimensions, &rank), NoTensor);
            new ReadOnlySpan<long>(dimensions, Math.Min((int)rank, shape.Length)).CopyTo(shape);
            return ((OrtElementType)type, (int)rank);
        }
        nint info;
        OrtException.ThrowIfError(api, api->GetTensorTypeAndShape(value, &info), NoTensor);
        try
        {
            OrtException.ThrowIfError(api, api->GetTensorElementType(info, &type));
            OrtException.ThrowIfError(api, api->GetDimensionsCount(info, &rank));
            fixed (long* dimensions = shape)
                OrtException.ThrowIfError(api, api->GetDimensions(info, dimensions, (nuint)Math.Min((int)rank, shape.Length)));
            return ((OrtElementType)type, (int)rank);
        }
        finally
        {
            api->ReleaseTensorTypeAndShapeInfo(info);
        }
    }

    /// <summary>Element type and number of elements.</summary>
    internal static (OrtElementType Type, long Count) Measure(nint value)
    {
        Span<long> shape = stackalloc long[MaxRank];
        var (type, rank) = Describe(value, shape);
        if (rank > MaxRank)
            throw new OrtException(OrtErrorCode.NotImplemented, $"A tensor of {rank} dimensions; at most {MaxRank} are supported.");
        return (type, Count(shape[..rank]));
    }

    /// <summary>The elements of a tensor in place.</summary>
    internal static ReadOnlySpan<T> Elements<T>(nint value) where T : unmanaged
    {
        var (type, count) = Measure(value);
        if (type.Bits() != 8 * sizeof(T))
            throw new InvalidOperationException($"A tensor of {type} is not to be read as {typeof(T).Name}, which has another size.");
        return new ReadOnlySpan<T>(Data(value), checked((int)count));
    }

    /// <summary>The bytes of a tensor of numbers in place.</summary>
    internal static ReadOnlySpan<byte> Bytes(nint value)
    {
        var (type, count) = Measure(value);
        if (type.Bits() == 0)
            throw new InvalidOperationException($"A tensor of {type} has no plain bytes.");
        return new ReadOnlySpan<byte>(Data(value), checked((int)type.ByteLength(count)));
    }

    /// <summary>Where the elements lie.</summary>
    internal static void* Data(nint value)
    {
        var api = OrtLibrary.Instance.Api;
        void* data;
        OrtException.ThrowIfError(api, api->GetTensorMutableData(value, &data), "The tensor has no data");
        return data;
    }

    internal static long Count(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long dimension in shape)
            count = checked(count * dimension);
        return count;
    }
}
