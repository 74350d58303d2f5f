namespace Orrery.Interfaces.Wire;

/// <summary>A replica's name in the cluster: model, version, device, number. The parts of a model grain's key.</summary>
/// <param name="Model">The model's name, which holds no line break.</param>
/// <param name="Digest">The version.</param>
/// <param name="Pool">cpu or gpu.</param>
/// <param name="Number">A number that no other replica of the model has had since the supervisor began.</param>
public readonly record struct ReplicaKey(string Model, string Digest, string Pool, string Number)
{
    // Names are paths: they may hold anything but a line break.
    private const char Separator = '\n';

    /// <summary>Reads a grain's key.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static ReplicaKey Parse(string key) =>
        key.Split(Separator) is [var model, var digest, var pool, var number] ? new(model, digest, pool, number) : throw new FormatException($"'{key}' is no replica's key");

    /// <summary>The pool of a grain's key, without reading the rest; empty when it is none.</summary>
    public static ReadOnlySpan<char> PoolOf(ReadOnlySpan<char> key)
    {
        var last = key.LastIndexOf(Separator);
        var before = last < 0 ? -1 : key[..last].LastIndexOf(Separator);
        return before < 0 ? [] : key[(before + 1)..last];
    }

    /// <summary>The grain's key.</summary>
    public override string ToString() => string.Join(Separator, Model, Digest, Pool, Number);
}
