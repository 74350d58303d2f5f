using System.Numerics;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>
/// A namespace's vectors at a byte a component, by slot, in chunks. One thread writes, any read without a lock: a reader whose chunk was written
/// to meanwhile reads it again (<see cref="CodeChunk.IsUnchanged"/>).
/// </summary>
internal sealed class CodeTable
{
    // Large enough that what surrounds a chunk's scan costs nothing, small enough that reading one again does not either.
    private const int ChunkBytes = 256 * 1024;
    private const int FirstVectors = 64;

    private readonly float[] _scratch;
    private CodeChunk[] _chunks = [];
    private CodeChunk? _open;

    public CodeTable(int dimension)
    {
        Dimension = dimension;
        Stride = (dimension + CodeDot.Block - 1) / CodeDot.Block * CodeDot.Block;
        ChunkVectors = Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)(ChunkBytes / Stride)), FirstVectors, 4096);
        _scratch = new float[dimension];
    }

    /// <summary>Components of each vector.</summary>
    public int Dimension { get; }

    /// <summary>Codes of each vector, with padding.</summary>
    public int Stride { get; }

    /// <summary>Slots of a chunk, a multiple of 64.</summary>
    public int ChunkVectors { get; }

    /// <summary>The chunks as they are now. Slot s is in chunk s / <see cref="ChunkVectors"/>.</summary>
    public CodeChunk[] Chunks => Volatile.Read(ref _chunks);

    /// <summary>Writes a slot, which may have been taken or free.</summary>
    public void Set(int slot, ReadOnlySpan<float> vector)
    {
        var chunk = Open(slot);
        var at = slot % ChunkVectors;
        chunk.Shapes[at] = CodeShape.Quantize(vector, chunk.Codes.AsSpan(at * Stride, Stride), _scratch);
        chunk.Live[at / 64] |= 1UL << (at % 64);
    }

    /// <summary>Frees a slot.</summary>
    public void Clear(int slot)
    {
        var at = slot % ChunkVectors;
        Open(slot).Live[at / 64] &= ~(1UL << (at % 64));
    }

    /// <summary>Lets readers see what was written. Must follow writes.</summary>
    public void Publish()
    {
        _open?.EndWrite();
        _open = null;
    }

    private CodeChunk Open(int slot)
    {
        var index = slot / ChunkVectors;
        if (index >= _chunks.Length || slot % ChunkVectors >= _chunks[index].Capacity)
        {
            Publish();
            Grow(index, slot % ChunkVectors);
        }

        var chunk = _chunks[index];
        if (chunk != _open)
        {
            Publish();
            chunk.BeginWrite();
            _open = chunk;
        }

        return chunk;
    }

    // A chunk is made anew when it must grow: who reads the old one reads what was.
    private void Grow(int index, int at)
    {
        var chunks = new CodeChunk[Math.Max(_chunks.Length, index + 1)];
        _chunks.CopyTo(chunks, 0);
        for (var i = 0; i <= index; i++)
        {
            var wanted = i < index ? ChunkVectors : Math.Min(ChunkVectors, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(at + 1, index > 0 ? ChunkVectors : FirstVectors)));
            if (chunks[i] is null || chunks[i].Capacity < wanted)
                chunks[i] = new CodeChunk(wanted, Stride, chunks[i]);
        }

        Volatile.Write(ref _chunks, chunks);
    }
}

/// <summary>Some slots that lie one after another.</summary>
internal sealed class CodeChunk
{
    private int _sequence;

    public CodeChunk(int capacity, int stride, CodeChunk? old)
    {
        Capacity = capacity;
        Codes = GC.AllocateUninitializedArray<sbyte>(capacity * stride, pinned: true);
        Shapes = new CodeShape[capacity];
        Live = new ulong[(capacity + 63) / 64];
        old?.Codes.CopyTo(Codes, 0);
        old?.Shapes.CopyTo(Shapes, 0);
        old?.Live.CopyTo(Live, 0);
    }

    public int Capacity { get; }

    public sbyte[] Codes { get; }

    public CodeShape[] Shapes { get; }

    /// <summary>A bit for each slot that holds a vector.</summary>
    public ulong[] Live { get; }

    /// <summary>Begins to read: spins while a writer is at it.</summary>
    /// <returns>What <see cref="IsUnchanged"/> wants.</returns>
    public int BeginRead()
    {
        var spin = new SpinWait();
        while (true)
        {
            var sequence = Volatile.Read(ref _sequence);
            if ((sequence & 1) == 0)
                return sequence;
            spin.SpinOnce();
        }
    }

    /// <summary>Whether what was read since is whole.</summary>
    public bool IsUnchanged(int sequence)
    {
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _sequence) == sequence;
    }

    public void BeginWrite() => Interlocked.Increment(ref _sequence);

    public void EndWrite() => Interlocked.Increment(ref _sequence);
}
