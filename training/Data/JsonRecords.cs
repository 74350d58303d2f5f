using System.Text.Json;

namespace Orrery.Training.Data;

/// <summary>Reads the records of JSON lines: objects of which each has the columns asked for.</summary>
internal static class JsonRecords
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    internal static IEnumerable<Record> Read(string file, Stream text, LabelledFileOptions options)
    {
        string[] columns = options.Columns();
        int texts = options.TextColumns.Count;
        var lines = new Utf8Lines(text, file);
        while (lines.Next())
        {
            if (!lines.Line.Span.ContainsAnyExcept(" \t\r"u8))
                continue;
            yield return new Record(lines.Number, lines.Offset, Values(file, lines, columns, texts, options.OtherColumns.Count));
        }
    }

    /// <summary>The names of the first line's object.</summary>
    internal static string[] FirstNames(string file, Stream text)
    {
        var lines = new Utf8Lines(text, file);
        lines.Next();
        using var document = Parse(file, lines);
        return document.RootElement.ValueKind != JsonValueKind.Object ? [] : [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
    }

    private static string[] Values(string file, Utf8Lines lines, string[] columns, int texts, int optional)
    {
        using var document = Parse(file, lines);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new DataFormatException(file, $"the line is {Name(root.ValueKind)}; each line must be a JSON object", lines.Number);
        var values = new string[columns.Length];
        for (int i = 0; i < values.Length; i++)
        {
            var found = root.TryGetProperty(columns[i], out var value);
            if (i >= columns.Length - optional && (!found || value.ValueKind == JsonValueKind.Null))
            {
                values[i] = "";
                continue;
            }
            if (!found)
            {
                string[] names = [.. root.EnumerateObject().Select(property => property.Name)];
                string there = names.Length == 0 ? "the object is empty" : $"there are {Columns.List(names)}";
                throw new DataFormatException(file, $"there is no column '{columns[i]}'; {there}", lines.Number);
            }
            values[i] = Text(file, lines.Number, value, onlyText: i < texts)
                ?? throw new DataFormatException(file, $"the value is {Name(value.ValueKind)}; it must be {(i < texts ? "a string" : "a string, a number or true or false")}", lines.Number, columns[i]);
        }
        return values;
    }

    private static JsonDocument Parse(string file, Utf8Lines lines)
    {
        try
        {
            return JsonDocument.Parse(lines.Line, Strict);
        }
        catch (JsonException wrong)
        {
            throw new DataFormatException(file, $"the line is no JSON: {wrong.Message}", lines.Number, inner: wrong);
        }
    }

    // Labels and identifiers are often numbers: they are taken as they are written.
    private static string? Text(string file, long line, JsonElement value, bool onlyText)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False when !onlyText => value.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException surrogate)
        {
            throw new DataFormatException(file, "a string holds half of a surrogate pair, which is no character", line, inner: surrogate);
        }
    }

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}

/// <summary>Lines of UTF-8 that end in LF or at the end of the stream, in one buffer that grows to the longest line.</summary>
internal sealed class Utf8Lines(Stream source, string file)
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _start, _end;
    private bool _ended;

    /// <summary>The current line without its LF; valid until the next.</summary>
    internal ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>The current line's number, from 1.</summary>
    internal long Number { get; private set; }

    /// <summary>Where the current line begins, in bytes.</summary>
    internal long Offset { get; private set; }

    private long _next;

    /// <summary>Goes to the next line; false at the end.</summary>
    internal bool Next()
    {
        int searched = 0, length;
        while ((length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n')) < 0 && !_ended)
        {
            searched = _end - _start;
            Fill();
        }
        int ending = length < 0 ? 0 : 1;
        length = length < 0 ? _end - _start : searched + length;
        if (ending + length == 0)
            return false;
        (Offset, Number) = (_next, Number + 1);
        Line = _buffer.AsMemory(_start, length);
        if (Number == 1 && Line.Span.StartsWith("\uFEFF"u8))
            Line = Line[3..];
        _start += length + ending;
        _next += length + ending;
        return true;
    }

    private void Fill()
    {
        int length = _end - _start;
        if (length > LabelledFile.MaxRowBytes)
            throw new DataFormatException(file, $"the line is longer than {LabelledFile.MaxRowBytes} bytes", Number + 1);
        var target = length > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        _buffer.AsSpan(_start, length).CopyTo(target);
        (_buffer, _start, _end) = (target, 0, length);
        int read = source.Read(_buffer.AsSpan(_end));
        _ended = read == 0;
        _end += read;
    }
}
