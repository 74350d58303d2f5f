using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>An entry of the index over metadata: a number, or what stands for another value.</summary>
/// <param name="Field">The field.</param>
/// <param name="Number">The number, where <paramref name="Value"/> is null.</param>
/// <param name="Value">What stands for a value that is no number; see <see cref="MetadataTerms"/>.</param>
internal readonly record struct Term(string Field, double Number, string? Value)
{
    public uint Checksum(long row) => Embedded.Checksum.OfTerm(row, Encoding.UTF8.GetBytes(Field), Number, Value is null ? default : Encoding.UTF8.GetBytes(Value));
}

/// <summary>
/// Reads the entries of a record in the index over metadata. A character tells the kind: truth values are nothing else, texts follow it, and of a long
/// text one of 256 classes does, since long texts at random places of the index would make each of them cost a page. A list has an entry for each
/// element, and when it is empty the empty value, so that its field exists.
/// </summary>
internal sealed class MetadataTerms
{
    private const int LongText = 40;
    private const char LongTag = '\u0002';
    private const char TextTag = '\u0003';

    private readonly HashSet<Term> _terms = [];
    private readonly HashSet<string> _fields = [];

    /// <summary>What stands for a value that is no number.</summary>
    public static string Value(MetadataValue value) => value.Flag is { } flag ? (flag ? "\u0001" : "\0") : Value(value.Text!);

    /// <summary>Whether different texts may have the same value.</summary>
    public static bool IsClass(string value) => value.Length > 0 && value[0] == LongTag;

    /// <summary>The entries of metadata, each once, until the next call.</summary>
    /// <param name="metadata">Right metadata, or empty.</param>
    public HashSet<Term> Read(ReadOnlySpan<byte> metadata)
    {
        _terms.Clear();
        _fields.Clear();
        if (metadata.IsEmpty)
            return _terms;
        var reader = new Utf8JsonReader(metadata);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = reader.GetString()!;
            // Of fields of one name the last counts, as everywhere in .NET's JSON.
            if (!_fields.Add(field))
                _terms.RemoveWhere(term => term.Field == field);
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.Number:
                    // Zero has one sign here: SQLite tells no other.
                    _terms.Add(new(field, reader.GetDouble() + 0.0, null));
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    _terms.Add(new(field, 0, Value(MetadataValue.Of(reader.TokenType == JsonTokenType.True))));
                    break;
                case JsonTokenType.String:
                    _terms.Add(new(field, 0, Value(reader.GetString()!)));
                    break;
                default:
                    ReadList(ref reader, field);
                    break;
            }
        }

        return _terms;
    }

    /// <summary>Whether a field of metadata is a text, or has it in its list.</summary>
    public static bool Has(ReadOnlyMemory<byte> metadata, string field, string text)
    {
        using var document = JsonDocument.Parse(metadata);
        if (!document.RootElement.TryGetProperty(field, out var value))
            return false;
        if (value.ValueKind != JsonValueKind.Array)
            return value.ValueKind == JsonValueKind.String && value.ValueEquals(text);
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueEquals(text))
                return true;
        }

        return false;
    }

    private static string Value(string text)
    {
        if (text.Length <= LongText)
            return TextTag + text;
        return LongTag + ((byte)Checksum.Add(0, Encoding.UTF8.GetBytes(text))).ToString("x2", CultureInfo.InvariantCulture);
    }

    private void ReadList(ref Utf8JsonReader reader, string field)
    {
        var any = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            _terms.Add(new(field, 0, Value(reader.GetString()!)));
            any = true;
        }

        if (!any)
            _terms.Add(new(field, 0, ""));
    }
}
