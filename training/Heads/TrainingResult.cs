using System.Diagnostics.CodeAnalysis;

namespace Orrery.Training.Heads;

/// <summary>What is wrong with training data.</summary>
public enum TrainingFault
{
    /// <summary>An option is out of its range, or two of them exclude each other.</summary>
    Options,

    /// <summary>There are no rows, or no columns.</summary>
    NoRows,

    /// <summary>There are not as many labels as rows, or a label is no class.</summary>
    Labels,

    /// <summary>A row holds a number that is not finite.</summary>
    NotFinite,

    /// <summary>All rows have one class.</summary>
    OneClass,

    /// <summary>A class has no rows, or fewer than are needed.</summary>
    SmallClass,

    /// <summary>All rows are equal, so nothing can be learned from them.</summary>
    NoVariance,
}

/// <summary>Why something cannot be trained, or measured.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="Message">The same in words, with the numbers; classes by their index.</param>
/// <param name="Row">The first row that it concerns, where it concerns one.</param>
/// <param name="Class">The class that it concerns, where it concerns one.</param>
public sealed record TrainingError(TrainingFault Fault, string Message, int? Row = null, int? Class = null);

/// <summary>Either a value, or what is wrong.</summary>
public sealed class TrainingResult<T> where T : class
{
    private TrainingResult(T? value, TrainingError? error) => (Value, Error) = (value, error);

    /// <summary>The value; null when something is wrong.</summary>
    public T? Value { get; }

    /// <summary>What is wrong; null when there is a value.</summary>
    public TrainingError? Error { get; }

    /// <summary>Whether there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool Succeeded => Error is null;

    /// <summary>A result that went well.</summary>
    public static implicit operator TrainingResult<T>(T value) => new(value, null);

    /// <summary>A result that names what is wrong.</summary>
    public static implicit operator TrainingResult<T>(TrainingError error) => new(null, error);
}
