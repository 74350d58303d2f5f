using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orrery.Training.Data;

/// <summary>Rows as bytes of one of the formats.</summary>
internal sealed class RowEncoding
{
    // Written for files, not for a page: letters beyond ASCII stay readable.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private readonly ScoredColumn[] _columns;
    private readonly JsonEncodedText[] _names;
    private readonly SearchValues<char> _special;
    private readonly byte[] _separator, _ending;

    internal RowEncoding(TableFormat format, IReadOnlyList<ScoredColumn> columns)
    {
        Format = format;
        _columns = [.. columns];
        _names = Array.ConvertAll(_columns, column => JsonEncodedText.Encode(column.Name, Json.Encoder));
        _special = SearchValues.Create(format == TableFormat.Csv ? ",\"\r\n" : "\t\"\r\n");
        _separator = format == TableFormat.Csv ? [(byte)','] : [(byte)'\t'];
        _ending = format == TableFormat.Csv ? [(byte)'\r', (byte)'\n'] : [(byte)'\n'];
    }

    internal TableFormat Format { get; }

    internal string[] Names => Array.ConvertAll(_columns, column => column.Name);

    /// <summary>The row of names; nothing for JSON lines.</summary>
    internal void Header(ArrayBufferWriter<byte> target)
    {
        if (Format != TableFormat.JsonLines)
            Delimited(target, Names);
    }

    /// <summary>A row with its line end.</summary>
    internal void Row(ArrayBufferWriter<byte> target, ReadOnlySpan<string> values)
    {
        if (values.Length != _columns.Length)
            throw new ArgumentException($"{values.Length} values are given for {_columns.Length} columns", nameof(values));
        for (int i = 0; i < values.Length; i++)
        {
            if (_columns[i].IsNumber && !IsNumber(values[i]))
                throw new ArgumentException($"'{values[i]}' for column '{_columns[i].Name}' is no number", nameof(values));
        }
        if (Format == TableFormat.JsonLines)
            Object(target, values);
        else
            Delimited(target, values);
    }

    private void Delimited(ArrayBufferWriter<byte> target, ReadOnlySpan<string> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (i > 0)
                target.Write(_separator);
            // A row of one empty field would be an empty line, which readers pass over.
            bool quoted = values[i].AsSpan().ContainsAny(_special) || (values.Length == 1 && values[i].Length == 0);
            if (quoted)
                Encoding.UTF8.GetBytes(string.Concat("\"", values[i].Replace("\"", "\"\"", StringComparison.Ordinal), "\""), target);
            else
                Encoding.UTF8.GetBytes(values[i], target);
        }
        target.Write(_ending);
    }

    private void Object(ArrayBufferWriter<byte> target, ReadOnlySpan<string> values)
    {
        using (var writer = new Utf8JsonWriter(target, Json))
        {
            writer.WriteStartObject();
            for (int i = 0; i < values.Length; i++)
            {
                writer.WritePropertyName(_names[i]);
                if (!_columns[i].IsNumber)
                    writer.WriteStringValue(values[i]);
                else if (values[i].Length == 0)
                    writer.WriteNullValue();
                else
                    writer.WriteRawValue(values[i]);
            }
            writer.WriteEndObject();
        }
        target.Write(_ending);
    }

    private static bool IsNumber(string value)
    {
        if (value.Length == 0)
            return true;
        // What double reads and JSON does not (NaN, 1., .5, 01) differs at an end.
        var digits = value.AsSpan(value[0] == '-' ? 1 : 0);
        return double.TryParse(value, Number, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            && char.IsAsciiDigit(digits[0]) && char.IsAsciiDigit(digits[^1])
            && !(digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]));
    }
}
