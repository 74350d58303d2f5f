namespace Orrery.Training.Data;

/// <summary>
/// Numbers for labels. Those of training come first, sorted by their UTF-16 code units; labels met later are added after
/// them, so that evaluation can count and name what the training did not know.
/// </summary>
public sealed class LabelIndex
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];

    /// <summary>Numbers the classes in the order given, as a detector's manifest has them.</summary>
    /// <param name="classes">Different names.</param>
    /// <exception cref="ArgumentException">A name is there twice.</exception>
    public LabelIndex(IEnumerable<string> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        foreach (string name in classes)
        {
            if (!_numbers.TryAdd(name, _names.Count))
                throw new ArgumentException($"the class '{name}' is there twice", nameof(classes));
            _names.Add(name);
        }
        Classes = _names.Count;
    }

    /// <summary>The number of classes known from the beginning.</summary>
    public int Classes { get; }

    /// <summary>All names: the classes, then the unseen labels in the order they were met.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The classes of training labels, in order.</summary>
    /// <param name="labels">The labels of the rows.</param>
    public static LabelIndex OfTraining(IEnumerable<string> labels) =>
        new(labels.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>The number of a label; one that is new gets the next number, <see cref="Classes"/> or more.</summary>
    /// <param name="label">The label.</param>
    public int Number(string label)
    {
        if (!_numbers.TryGetValue(label, out int number))
        {
            _numbers.Add(label, number = _names.Count);
            _names.Add(label);
        }
        return number;
    }
}
