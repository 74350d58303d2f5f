using System.Buffers;

namespace Orrery.Api.Http;

/// <summary>Counts what is written to it, and keeps nothing.</summary>
internal sealed class ByteCount : IBufferWriter<byte>
{
    private byte[] _block = new byte[4096];

    /// <summary>How much was written.</summary>
    public long Bytes { get; private set; }

    public void Advance(int count) => Bytes += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_block.Length < sizeHint)
            _block = new byte[sizeHint];
        return _block;
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
