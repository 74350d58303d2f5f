using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Orrery.Standalone.Training;
using Orrery.Training.Data;

namespace Orrery.Standalone.Vectors;

/// <summary>The columns of a file that are kept as metadata. A row that lacks one has no such field.</summary>
internal sealed class MetadataColumns
{
    private readonly (string Name, bool IsNumber)[] _others;
    private readonly string? _text;

    /// <param name="texts">Columns kept as texts.</param>
    /// <param name="numbers">Columns kept as numbers.</param>
    /// <param name="textColumn">The column that is embedded, which may be kept too.</param>
    public MetadataColumns(string[] texts, string[] numbers, string textColumn)
    {
        _text = texts.Contains(textColumn) ? textColumn : null;
        _others = [.. texts.Where(name => name != textColumn).Select(name => (name, false)), .. numbers.Select(name => (name, true))];
    }

    /// <summary>Those that are read beside the text.</summary>
    public IReadOnlyList<string> Others => Array.ConvertAll(_others, column => column.Name);

    public bool IsEmpty => _others.Length == 0 && _text is null;

    public string Describe() => $"{_text}|{string.Join('|', _others)}";

    /// <summary>A row's metadata, as UTF-8.</summary>
    /// <exception cref="CommandException">A value is no number; the message names its line.</exception>
    public ReadOnlyMemory<byte> Of(TextRow row)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (_text is not null)
                json.WriteString(_text, row.Text);
            for (var i = 0; i < _others.Length; i++)
            {
                if (row.Others[i] is not { } value)
                    continue;
                if (!_others[i].IsNumber)
                    json.WriteString(_others[i].Name, value);
                else if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                    json.WriteNumber(_others[i].Name, number);
                else
                    throw new CommandException($"line {row.Line}: '{value}' in column '{_others[i].Name}' is not a number");
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
