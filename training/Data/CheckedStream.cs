using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Orrery.Training.Data;

/// <summary>Passes bytes on after it has seen that they are UTF-8 without NUL; what parsers would replace silently is refused by line.</summary>
internal sealed class CheckedStream(Stream source, string file) : Stream
{
    private readonly byte[] _tail = new byte[4];
    private int _tailLength;
    private long _line = 1;
    private long _offset;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => _offset; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        int read = source.Read(buffer);
        Check(buffer[..read], end: read == 0 && buffer.Length > 0);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source.Dispose();
        base.Dispose(disposing);
    }

    // A character may be cut by the end of what was read: its first bytes wait in _tail for the rest.
    private void Check(ReadOnlySpan<byte> bytes, bool end)
    {
        if (end && _tailLength > 0)
            throw Invalid(_tail[0], "");
        while (_tailLength > 0 && !bytes.IsEmpty)
        {
            _tail[_tailLength++] = bytes[0];
            Advance(bytes[..1]);
            bytes = bytes[1..];
            var status = Rune.DecodeFromUtf8(_tail.AsSpan(0, _tailLength), out _, out _);
            if (status == System.Buffers.OperationStatus.InvalidData)
                throw Invalid(_tail[0], "");
            _tailLength = status == System.Buffers.OperationStatus.Done ? 0 : _tailLength;
        }
        int zero = bytes.IndexOf((byte)0);
        if (zero >= 0)
        {
            Advance(bytes[..zero]);
            throw new DataFormatException(file, Describe("a NUL byte", " is no text: the file is binary, or UTF-16 or UTF-32 that should be converted to UTF-8"), _line);
        }
        if (!Utf8.IsValid(bytes))
            CheckSlowly(bytes);
        else
            Advance(bytes);
    }

    private void CheckSlowly(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(bytes, out _, out int length);
            if (status == System.Buffers.OperationStatus.InvalidData)
                throw Invalid(bytes[0], " is not UTF-8");
            if (status == System.Buffers.OperationStatus.NeedMoreData)
            {
                bytes.CopyTo(_tail);
                _tailLength = length = bytes.Length;
            }
            Advance(bytes[..length]);
            bytes = bytes[length..];
        }
    }

    private void Advance(ReadOnlySpan<byte> bytes)
    {
        _line += bytes.Count((byte)'\n');
        _offset += bytes.Length;
    }

    private DataFormatException Invalid(byte value, string problem) => new(
        file,
        Describe($"the byte 0x{value:X2}", problem.Length == 0 ? " begins a character that is cut" : problem)
            + ": the file has another encoding; convert it, as in iconv -f WINDOWS-1252 -t UTF-8",
        _line);

    private string Describe(string what, string problem) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} at offset {_offset - _tailLength}{problem}");
}
