using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// Native memory on a 64-byte boundary (a cache line, and the widest vector), which grows and is used again. Not
/// thread-safe. Growing moves it: tensors over the memory it had must not be used any more.
/// </summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;

    /// <summary>Memory of at least <paramref name="byteLength"/> bytes, all zero.</summary>
    public NativeBuffer(nuint byteLength = 0) => EnsureCapacity(byteLength);

    /// <summary>Frees what was not disposed.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Where it starts; null while it is empty.</summary>
    public void* Address { get; private set; }

    /// <summary>Bytes that it holds.</summary>
    public nuint ByteLength { get; private set; }

    /// <summary>Makes it hold at least <paramref name="byteLength"/> bytes: what is there is kept, what is new is zero.</summary>
    /// <exception cref="OutOfMemoryException">The system has not so much.</exception>
    public void EnsureCapacity(nuint byteLength)
    {
        if (byteLength <= ByteLength)
            return;
        // Half as much again, so that slowly growing batches do not move it each time.
        nuint size = Math.Max(byteLength, ByteLength + ByteLength / 2);
        size = (size + Alignment - 1) & ~(Alignment - 1);
        Address = NativeMemory.AlignedRealloc(Address, size, Alignment);
        NativeMemory.Clear((byte*)Address + ByteLength, size - ByteLength);
        ByteLength = size;
    }

    /// <summary>The whole memory as elements of <typeparamref name="T"/>.</summary>
    public Span<T> As<T>() where T : unmanaged => new(Address, checked((int)(ByteLength / (nuint)sizeof(T))));

    /// <summary>The first <paramref name="count"/> elements of <typeparamref name="T"/>; grows when they do not fit.</summary>
    public Span<T> As<T>(int count) where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        EnsureCapacity((nuint)count * (nuint)sizeof(T));
        return new Span<T>(Address, count);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Address);
        Address = null;
        ByteLength = 0;
    }
}
