using System.Buffers;

namespace Orrery.Api.Http;

/// <summary>A growing body in pooled memory.</summary>
internal sealed class PooledWriter : IBufferWriter<byte>, IDisposable
{
    private byte[] _block = ArrayPool<byte>.Shared.Rent(4096);
    private int _length;

    public ReadOnlyMemory<byte> Written => _block.AsMemory(0, _length);

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _block.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _block.AsSpan(_length);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_block);
        _block = [];
        _length = 0;
    }

    private void Ensure(int sizeHint)
    {
        var needed = Math.Max(sizeHint, 1);
        if (_block.Length - _length >= needed)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length + needed, _block.Length * 2));
        _block.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_block);
        _block = larger;
    }
}
