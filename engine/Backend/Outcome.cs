using System.Diagnostics.CodeAnalysis;

namespace Orrery.Engine;

/// <summary>Either a value or the reason there is none. Expected refusals travel as values, never as exceptions.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly struct Outcome<T>
    where T : class
{
    private Outcome(T? value, InferenceError? error)
    {
        Value = value;
        Error = error;
    }

    /// <summary>The value; null exactly when <see cref="Error"/> is set.</summary>
    public T? Value { get; }

    /// <summary>The reason; null exactly when <see cref="Value"/> is set.</summary>
    public InferenceError? Error { get; }

    /// <summary>Whether there is a value.</summary>
    /// <param name="value">The value when true.</param>
    /// <param name="error">The reason when false.</param>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out InferenceError? error)
    {
        value = Value;
        error = Error;
        return value is not null;
    }

    /// <summary>A success.</summary>
    public static implicit operator Outcome<T>(T value) => new(value, null);

    /// <summary>A refusal or failure.</summary>
    public static implicit operator Outcome<T>(InferenceError error) => new(null, error);
}
