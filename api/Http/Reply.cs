using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Orrery.Api.Http;

/// <summary>
/// An answer's body in one pooled block. A small one is sent whole, with its length, once it is complete, so that what fails midway
/// leaves nothing half-written; a large one leaves in parts that the client's reading paces. Dispose returns the block.
/// </summary>
internal sealed class Reply(int capacity = 4096) : IBufferWriter<byte>, IDisposable
{
    /// <summary>Bytes from which on a part is sent.</summary>
    // Large enough that a batch of base64 embeddings is one write, small enough that answers of gigabytes cost no memory.
    public const int PartBytes = 256 << 10;

    private byte[] _block = ArrayPool<byte>.Shared.Rent(capacity);
    private int _length;
    private bool _sentPart;

    /// <summary>What is written and not yet sent.</summary>
    public ReadOnlySpan<byte> Written => _block.AsSpan(0, _length);

    public void Advance(int count) => _length += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _block.AsSpan(_length);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _block.AsMemory(_length);
    }

    /// <summary>A writer of objects to this, for what is not on the hot path. The answer is JSON, never part of a page, so only JSON's own escapes are made.</summary>
    public Utf8JsonWriter Writer() => Writer(this);

    /// <summary>A writer of the same objects to another place.</summary>
    public static Utf8JsonWriter Writer(IBufferWriter<byte> place) => new(place, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Appends bytes that are JSON already.</summary>
    public void Raw(ReadOnlySpan<byte> json)
    {
        Reserve(json.Length);
        json.CopyTo(_block.AsSpan(_length));
        _length += json.Length;
    }

    /// <summary>Appends an integer.</summary>
    public void Number(long value)
    {
        Reserve(20);
        value.TryFormat(_block.AsSpan(_length), out var written, default, null);
        _length += written;
    }

    /// <summary>Appends a finite number.</summary>
    public void Number(float value)
    {
        Reserve(FloatText.MaxBytes);
        _length += FloatText.Write(value, _block.AsSpan(_length));
    }

    /// <summary>Appends a finite number in its shortest form: for settings and times, that people read.</summary>
    public void Short(float value)
    {
        Reserve(32);
        value.TryFormat(_block.AsSpan(_length), out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>Appends the field <c>usage</c>, as OpenAI counts.</summary>
    public void Usage(long tokens)
    {
        Raw("\"usage\":{\"prompt_tokens\":"u8);
        Number(tokens);
        Raw(",\"total_tokens\":"u8);
        Number(tokens);
        Raw("}"u8);
    }

    /// <summary>Appends a JSON string, quotes included. Lone surrogates become U+FFFD.</summary>
    public void String(ReadOnlySpan<char> text)
    {
        Raw("\""u8);
        var encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        if (text.Length <= 256 && Ascii.IsValid(text) && text.IndexOfAny('"', '\\') < 0 && text.IndexOfAnyInRange('\0', '\x1f') < 0)
        {
            Reserve(text.Length);
            _length += Encoding.UTF8.GetBytes(text, _block.AsSpan(_length));
        }
        else
        {
            Span<char> escaped = stackalloc char[512];
            while (!text.IsEmpty)
            {
                encoder.Encode(text, escaped, out var consumed, out var written);
                Reserve(written * 3);
                _length += Encoding.UTF8.GetBytes(escaped[..written], _block.AsSpan(_length));
                text = text[consumed..];
            }
        }

        Raw("\""u8);
    }

    /// <summary>Sends what is written when it has grown large. To be called between items of a complete result.</summary>
    public ValueTask SendPartAsync(HttpContext context) => _length < PartBytes ? default : SendAsync(context);

    /// <summary>Sends what is written, at the pace the client reads.</summary>
    public ValueTask FlushAsync(HttpContext context) => _length == 0 ? default : SendAsync(context);

    /// <summary>Sends the rest.</summary>
    public ValueTask CompleteAsync(HttpContext context)
    {
        if (!_sentPart)
            context.Response.ContentLength ??= _length;
        return SendAsync(context);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_block);
        _block = [];
    }

    private async ValueTask SendAsync(HttpContext context)
    {
        _sentPart = true;
        context.Response.ContentType ??= "application/json";
        await context.Response.Body.WriteAsync(_block.AsMemory(0, _length), context.RequestAborted);
        _length = 0;
    }

    private void Reserve(int count)
    {
        if (_block.Length - _length >= count)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_block.Length * 2, _length + count));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_block);
        _block = larger;
    }
}
