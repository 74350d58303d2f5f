using System.Numerics;
using System.Runtime.CompilerServices;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Goes through a table's codes and keeps the slots that may hold the nearest vectors.</summary>
internal sealed unsafe class CodeScan(CodeTable table, QuantizedQuery query, SlotSet? wanted)
{
    // Below it another thread is hardly awake before everything is done.
    private const long LargeBytes = 8 * 1024 * 1024;

    private readonly CodeChunk[] _chunks = table.Chunks;
    private int _next = -1;

    /// <summary>Whether several threads are worth while.</summary>
    public bool IsLarge => (long)_chunks.Length * table.ChunkVectors * table.Stride >= LargeBytes;

    /// <summary>Scans chunks until none is left. Several threads may, each with its own candidates.</summary>
    /// <param name="candidates">Where to put what is found.</param>
    /// <param name="cancellation">Gives up between chunks.</param>
    public void Run(Candidates candidates, CancellationToken cancellation)
    {
        var dots = new int[table.ChunkVectors];
        var shapes = new CodeShape[table.ChunkVectors];
        var taken = new ulong[table.ChunkVectors / 64];
        for (var index = Interlocked.Increment(ref _next); index < _chunks.Length; index = Interlocked.Increment(ref _next))
        {
            cancellation.ThrowIfCancellationRequested();
            Read(_chunks[index], index, dots, shapes, taken);
            Select(index, dots, shapes, taken, candidates);
        }
    }

    // What is computed while a writer changes the chunk is thrown away.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(CodeChunk chunk, int index, int[] dots, CodeShape[] shapes, ulong[] taken)
    {
        int sequence;
        do
        {
            sequence = chunk.BeginRead();
            fixed (sbyte* codes = chunk.Codes)
            fixed (short* levels = query.Levels)
            {
                for (var word = 0; word < taken.Length; word++)
                {
                    var bits = word < chunk.Live.Length ? chunk.Live[word] : 0;
                    if (wanted is not null)
                        bits &= wanted.Word((index * taken.Length) + word);
                    taken[word] = bits;
                    for (; bits != 0; bits &= bits - 1)
                    {
                        var at = (word * 64) + BitOperations.TrailingZeroCount(bits);
                        dots[at] = CodeDot.Compute(codes + ((long)at * table.Stride), levels, table.Stride);
                    }
                }
            }

            chunk.Shapes.CopyTo(shapes, 0);
        }
        while (!chunk.IsUnchanged(sequence));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Select(int index, int[] dots, CodeShape[] shapes, ulong[] taken, Candidates candidates)
    {
        for (var word = 0; word < taken.Length; word++)
        {
            for (var bits = taken[word]; bits != 0; bits &= bits - 1)
            {
                var at = (word * 64) + BitOperations.TrailingZeroCount(bits);
                if (query.Bound(dots[at], shapes[at], candidates.Threshold, out var lower, out var upper))
                    candidates.Add((index * table.ChunkVectors) + at, lower, upper);
            }
        }
    }
}
