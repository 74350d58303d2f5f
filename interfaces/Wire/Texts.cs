using Orrery.Engine;

namespace Orrery.Interfaces.Wire;

/// <summary>Texts, pairs of texts or token ids on their way to a replica: columns, so that the usual list of plain texts is one array.</summary>
[GenerateSerializer, Immutable, Alias("orrery.texts")]
public sealed class Texts
{
    /// <summary>The texts; null where token ids are given.</summary>
    [Id(0)]
    public required string?[] First { get; init; }

    /// <summary>The second text of each pair; null when there is none.</summary>
    [Id(1)]
    public string?[]? Second { get; init; }

    /// <summary>Token ids without special tokens; null when there are none.</summary>
    [Id(2)]
    public int[]?[]? Ids { get; init; }

    /// <summary>Some of a request's inputs, in order.</summary>
    public static Texts Of(IReadOnlyList<TextInput> inputs, Range range)
    {
        var (start, count) = range.GetOffsetAndLength(inputs.Count);
        var first = new string?[count];
        string?[]? second = null;
        int[]?[]? ids = null;
        for (var i = 0; i < count; i++)
        {
            var input = inputs[start + i];
            first[i] = input.Text;
            if (input.Pair is { } pair)
                (second ??= new string?[count])[i] = pair;
            if (input.Ids is { } tokens)
                (ids ??= new int[]?[count])[i] = tokens;
        }

        return new Texts { First = first, Second = second, Ids = ids };
    }

    /// <summary>As the engine takes them.</summary>
    public TextInput[] ToInputs()
    {
        var inputs = new TextInput[First.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = Ids?[i] is { } ids ? TextInput.OfIds(ids)
                : Second?[i] is { } pair ? TextInput.OfPair(First[i]!, pair)
                : TextInput.Of(First[i]!);
        }

        return inputs;
    }
}
