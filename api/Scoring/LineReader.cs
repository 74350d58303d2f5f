using System.Buffers;
using System.IO.Pipelines;

namespace Orrery.Api.Scoring;

/// <summary>Lines of a body of any length, in bounded memory. For one reader at a time.</summary>
/// <param name="body">The bytes.</param>
/// <param name="maxLineBytes">What is longer is passed over and reported.</param>
internal sealed class LineReader(PipeReader body, int maxLineBytes)
{
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r"u8);

    private ReadOnlySequence<byte> _buffer;
    private bool _holds;
    private bool _ended;
    private bool _skipping;

    /// <summary>Takes the next line that has arrived whole.</summary>
    /// <param name="line">Without its end, valid until the next call; empty when it was too long.</param>
    /// <param name="tooLong">Whether it was.</param>
    /// <returns>False when no whole line is here: <see cref="WaitAsync"/> then.</returns>
    public bool TryRead(out ReadOnlySequence<byte> line, out bool tooLong)
    {
        while (_holds)
        {
            if (_buffer.PositionOf((byte)'\n') is { } end)
            {
                line = _buffer.Slice(0, end);
                _buffer = _buffer.Slice(_buffer.GetPosition(1, end));
            }
            else if (_ended)
            {
                line = _buffer;
                _buffer = _buffer.Slice(_buffer.End);
                _holds = false;
            }
            else
            {
                break;
            }

            tooLong = _skipping || line.Length > maxLineBytes;
            _skipping = false;
            if (tooLong)
                line = ReadOnlySequence<byte>.Empty;
            if (tooLong || !IsBlank(line))
                return true;
        }

        (line, tooLong) = (default, false);
        return false;
    }

    /// <summary>Waits for more.</summary>
    /// <returns>False at the end.</returns>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellation)
    {
        if (_ended)
            return false;
        if (_holds)
        {
            // Of a line without an end in sight only the fact is kept.
            if (_buffer.Length > maxLineBytes)
            {
                _skipping = true;
                _buffer = _buffer.Slice(_buffer.End);
            }

            body.AdvanceTo(_buffer.Start, _buffer.End);
        }

        var result = await body.ReadAsync(cancellation);
        (_buffer, _holds, _ended) = (result.Buffer, true, result.IsCompleted);
        return true;
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (part.Span.IndexOfAnyExcept(Blanks) >= 0)
                return false;
        }

        return true;
    }
}
