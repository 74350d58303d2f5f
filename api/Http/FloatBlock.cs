using System.Buffers;
using System.Text.Json;

namespace Orrery.Api.Http;

/// <summary>Floats of a request in one pooled block that grows. Dispose returns it.</summary>
/// <param name="capacity">How many are expected.</param>
internal sealed class FloatBlock(int capacity) : IDisposable
{
    private float[] _block = ArrayPool<float>.Shared.Rent(Math.Max(capacity, 16));

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>All of them, valid until disposal or until more are added.</summary>
    public ReadOnlyMemory<float> Values => _block.AsMemory(0, Length);

    /// <summary>Appends one.</summary>
    public void Add(float value)
    {
        if (Length == _block.Length)
            Grow();
        _block[Length++] = value;
    }

    /// <summary>Forgets those from a place on.</summary>
    public void Cut(int length) => Length = length;

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_block);
        _block = [];
        Length = 0;
    }

    private void Grow()
    {
        var larger = ArrayPool<float>.Shared.Rent(_block.Length * 2);
        Values.Span.CopyTo(larger);
        ArrayPool<float>.Shared.Return(_block);
        _block = larger;
    }
}

/// <summary>Vectors inside a request.</summary>
internal static class FloatsJson
{
    /// <summary>The field's array of numbers; null when it is null, or when something is wrong.</summary>
    /// <param name="json">Before the field's value.</param>
    /// <param name="field">Its name.</param>
    /// <param name="limit">How many at most.</param>
    public static float[]? Floats(this ref RequestJson json, string field, int limit)
    {
        using var floats = new FloatBlock(1024);
        return json.Floats(field, floats, limit) is null ? null : floats.Values.ToArray();
    }

    /// <summary>Appends the field's array of numbers.</summary>
    /// <param name="json">Before the field's value.</param>
    /// <param name="field">Its name.</param>
    /// <param name="floats">Where to.</param>
    /// <param name="limit">How many at most.</param>
    /// <returns>How many there were; null when it is null, or when something is wrong.</returns>
    public static int? Floats(this ref RequestJson json, string field, FloatBlock floats, int limit)
    {
        if (!json.Next() || json.At(JsonTokenType.Null))
            return null;
        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong(field, "an array of numbers");
            return null;
        }

        var start = floats.Length;
        while (json.Next() && !json.At(JsonTokenType.EndArray))
        {
            var count = floats.Length - start;
            if (count == limit)
                json.Fail(ErrorCause.TooLarge, $"{field} has more than {limit} components", field);
            else if (json.TryFloat(out var value))
                floats.Add(value);
            else if (json.At(JsonTokenType.Number))
                json.Fail(ErrorCause.Invalid, $"{field}[{count}] must be a finite float32, and is too large for one", field);
            else
                json.Wrong($"{field}[{count}]", "a number");
        }

        return json.Error is null ? floats.Length - start : null;
    }
}
