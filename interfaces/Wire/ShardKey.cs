using System.Globalization;

namespace Orrery.Interfaces.Wire;

/// <summary>A shard's name in the cluster: the parts of an owner grain's key.</summary>
/// <param name="Store">The id of the store that has it.</param>
/// <param name="Index">The index.</param>
/// <param name="Generation">Tells a namespace from an earlier one of the same name.</param>
/// <param name="Number">Which of the namespace's shards, from 0.</param>
/// <param name="Count">How many shards the namespace has.</param>
/// <param name="Namespace">The namespace; empty for the default one.</param>
public readonly record struct ShardKey(string Store, string Index, long Generation, int Number, int Count, string Namespace)
{
    private const char Separator = '\n';

    /// <summary>What the shard is called as a namespace of its store. Stores hold shards only, so that no name can be another's.</summary>
    public string LocalName => string.Create(CultureInfo.InvariantCulture, $"{Generation}.{Number}.{Count}.{Namespace}");

    /// <summary>Reads a grain's key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ShardKey Parse(string key) =>
        key.Split(Separator, 3) is [var store, var index, var name] && TryRead(store, index, name, out var shard) ? shard : throw new FormatException($"'{key}' is no shard's key");

    /// <summary>Reads what <see cref="LocalName"/> wrote.</summary>
    /// <returns>False when it is no shard's name.</returns>
    public static bool TryRead(string store, string index, string localName, out ShardKey shard)
    {
        shard = default;
        if (localName.Split('.', 4) is not [var generation, var number, var count, var name]
            || !long.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var third)
            || second >= third)
            return false;
        shard = new ShardKey(store, index, first, second, third, name);
        return true;
    }

    /// <summary>The store of a grain's key, without reading the rest; empty when it is none.</summary>
    public static ReadOnlySpan<char> StoreOf(ReadOnlySpan<char> key) => key.IndexOf(Separator) is > 0 and var end ? key[..end] : [];

    /// <summary>The grain's key.</summary>
    public override string ToString() => string.Join(Separator, Store, Index, LocalName);
}
