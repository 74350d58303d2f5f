using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Native memory that only grows, aligned to 64 bytes as vector instructions like it. For one user at a time.</summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;

    /// <summary>Frees what was never disposed.</summary>
    ~NativeBuffer() => Free();

    /// <summary>The memory; null before <see cref="EnsureCapacity"/>.</summary>
    public void* Pointer { get; private set; }

    /// <summary>Bytes there are.</summary>
    public nuint Capacity { get; private set; }

    /// <summary>Makes room. What was there is lost when it grows, and values bound to it must not be used any more.</summary>
    public void EnsureCapacity(nuint bytes)
    {
        if (bytes <= Capacity && Pointer is not null)
            return;
        // Doubling keeps a buffer that follows its traffic from being allocated anew for every longer batch.
        var capacity = Math.Max(Math.Max(bytes, Capacity * 2), 256);
        Free();
        Pointer = NativeMemory.AlignedAlloc(capacity, Alignment);
        Capacity = capacity;
    }

    /// <summary>The first elements.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public Span<T> As<T>(int count)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((nuint)count * (nuint)Unsafe.SizeOf<T>(), Capacity, nameof(count));
        return new Span<T>(Pointer, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        Capacity = 0;
    }
}
