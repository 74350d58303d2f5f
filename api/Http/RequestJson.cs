using System.Text.Json;

namespace Orrery.Api.Http;

/// <summary>
/// Reads a request's object field by field, without reflection and without exceptions leaving it: the first thing wrong is kept in
/// <see cref="Error"/> and ends the reading. Unknown fields are skipped; of a field given twice the last counts; null counts as absent.
/// </summary>
internal ref struct RequestJson
{
    // The routes' deepest is four; more is somebody probing.
    private const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _body;
    private readonly int _mark;
    private Utf8JsonReader _reader;

    /// <summary>Enters the body's object.</summary>
    /// <param name="body">The body.</param>
    /// <param name="maxDepth">How deep it may nest.</param>
    public RequestJson(ReadOnlySpan<byte> body, int maxDepth = MaxDepth)
    {
        _mark = body.StartsWith("\uFEFF"u8) ? 3 : 0;
        _body = body = body[_mark..];
        _reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = maxDepth });
        if (JsonBytes.Check(body) is { } wrong)
            Fail(ErrorCause.MalformedJson, "the body " + wrong);
        else if (Next() && Type != JsonTokenType.StartObject)
            Fail(ErrorCause.WrongType, "the body must be a JSON object");
    }

    /// <summary>The first thing wrong; null while nothing is.</summary>
    public ApiError? Error { get; private set; }

    private readonly JsonTokenType Type => _reader.TokenType;

    private readonly int Consumed => (int)_reader.BytesConsumed;

    /// <summary>Moves to the next field's name; false at the object's end, or when something is wrong.</summary>
    public bool NextField() => Error is null && Next() && Type == JsonTokenType.PropertyName;

    /// <summary>Whether the field has this name.</summary>
    public readonly bool Is(ReadOnlySpan<byte> name) => _reader.ValueTextEquals(name);

    /// <summary>The field's name, as far as a message may repeat it.</summary>
    public readonly string FieldName => _reader.GetString() is { Length: > 64 } name ? name[..64] : _reader.GetString()!;

    /// <summary>Passes over the field's value.</summary>
    public void Skip()
    {
        try
        {
            _reader.Skip();
        }
        catch (JsonException e)
        {
            Malformed(e);
        }
    }

    /// <summary>Enters the field's object; false when it is null or something else.</summary>
    public bool EnterObject(string field)
    {
        if (!Next() || Type == JsonTokenType.Null)
            return false;
        return Type == JsonTokenType.StartObject || Wrong(field, "an object");
    }

    /// <summary>The field's text; null when it is null.</summary>
    public string? Text(string field)
    {
        if (!Next() || Type == JsonTokenType.Null)
            return null;
        if (Type == JsonTokenType.String)
            return Current();
        Wrong(field, "a string");
        return null;
    }

    /// <summary>The field's truth value; null when it is null.</summary>
    public bool? Flag(string field)
    {
        if (!Next() || Type == JsonTokenType.Null)
            return null;
        if (Type is JsonTokenType.True or JsonTokenType.False)
            return Type == JsonTokenType.True;
        Wrong(field, "true or false");
        return null;
    }

    /// <summary>The field's integer; null when it is null.</summary>
    public int? Integer(string field)
    {
        if (!Next() || Type == JsonTokenType.Null)
            return null;
        if (TryInteger(out var value))
            return value;
        Wrong(field, "an integer");
        return null;
    }

    /// <summary>The field's number; null when it is null.</summary>
    public double? Number(string field)
    {
        if (!Next() || Type == JsonTokenType.Null)
            return null;
        if (Type == JsonTokenType.Number && _reader.TryGetDouble(out var value) && double.IsFinite(value))
            return value;
        Wrong(field, "a number");
        return null;
    }

    /// <summary>The bytes of the string or number the field holds, as JSON; null when it is null.</summary>
    public byte[]? Scalar(string field)
    {
        if (!Next() || Type == JsonTokenType.Null)
            return null;
        if (Type == JsonTokenType.Number)
            return _reader.ValueSpan.ToArray();
        if (Type == JsonTokenType.String)
            return [(byte)'"', .. _reader.ValueSpan, (byte)'"'];
        Wrong(field, "a string or a number");
        return null;
    }

    /// <summary>Where in the body the object is that the field holds; nowhere when it is null.</summary>
    public Range ObjectPlace(string field) => Next() ? CurrentPlace(field) : default;

    /// <summary>The bytes of the object the field holds, as they were sent; null when it is null.</summary>
    public byte[]? Object(string field) => Next() ? CurrentObject(field) : null;

    /// <summary>The bytes of the object the reader is at, as they were sent, and moves to its end; null when it is null.</summary>
    public byte[]? CurrentObject(string field)
    {
        var place = CurrentPlace(field);
        return place.Equals(default) ? null : _body[(place.Start.Value - _mark)..(place.End.Value - _mark)].ToArray();
    }

    /// <summary>Moves into the field's value, or to the next element of an array; false when something is wrong.</summary>
    public bool Next()
    {
        if (Error is not null)
            return false;
        try
        {
            return _reader.Read();
        }
        catch (JsonException e)
        {
            return Malformed(e);
        }
    }

    /// <summary>Whether the value is of this kind.</summary>
    public readonly bool At(JsonTokenType type) => Error is null && Type == type;

    /// <summary>The string the reader is at.</summary>
    public readonly string Current() => _reader.GetString()!;

    /// <summary>The integer the reader is at.</summary>
    public readonly bool TryInteger(out int value)
    {
        value = 0;
        return Type == JsonTokenType.Number && _reader.TryGetInt32(out value);
    }

    /// <summary>The number the reader is at, the nearest float32; false when it is none, or too large for one.</summary>
    public readonly bool TryFloat(out float value)
    {
        value = 0;
        return Type == JsonTokenType.Number && _reader.TryGetSingle(out value) && float.IsFinite(value);
    }

    /// <summary>Refuses the value. Always false.</summary>
    public bool Wrong(string field, string wanted) => Fail(ErrorCause.WrongType, $"{field} must be {wanted}, not {Name(Type)}", field);

    /// <summary>Says where what is wrong was, when something is.</summary>
    public void Under(string place) => Error = Error is { } error ? error with { Message = place + error.Message } : null;

    /// <summary>Sees to it that nothing follows the object.</summary>
    /// <returns>What was wrong in all of the body; null when nothing was.</returns>
    public ApiError? End()
    {
        Next();
        return Error;
    }

    /// <summary>Keeps the first thing wrong. Always false.</summary>
    public bool Fail(ErrorCause cause, string message, string? field = null)
    {
        Error ??= new ApiError(cause, message, field);
        return false;
    }

    private static string Name(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.EndArray => "an empty array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        _ => "null",
    };

    /// <summary>Where in the body the string or number is that the reader is at.</summary>
    public readonly Range CurrentScalarPlace() => new(_mark + (int)_reader.TokenStartIndex, _mark + Consumed);

    /// <summary>Where in the body the object is that the reader is at, and moves to its end; nowhere when it is null.</summary>
    public Range CurrentPlace(string field)
    {
        if (Type == JsonTokenType.Null)
            return default;
        if (Type != JsonTokenType.StartObject)
        {
            Wrong(field, "an object");
            return default;
        }

        var start = _mark + (int)_reader.TokenStartIndex;
        Skip();
        return Error is null ? new Range(start, _mark + Consumed) : default;
    }

    private bool Malformed(JsonException e)
    {
        // What many languages write for a float that is no number: the commonest fault of vectors.
        var rest = _body[Consumed..].TrimStart(" \t\r\n,:-"u8);
        var fault = rest.StartsWith("NaN"u8) ? "has NaN, which is no JSON," : rest.StartsWith("Infinity"u8) ? "has Infinity, which is no JSON," : "is not valid JSON";
        return Fail(ErrorCause.MalformedJson, $"the body {fault} at line {e.LineNumber + 1}, byte {e.BytePositionInLine}");
    }
}
