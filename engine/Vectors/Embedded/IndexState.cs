using System.Collections.Concurrent;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>What is in memory of an index.</summary>
/// <param name="path">Its file.</param>
/// <param name="spec">What it is.</param>
internal sealed class IndexState(string path, IndexSpec spec)
{
    private volatile IndexSpec _spec = spec;

    public string Path { get; } = path;

    public IndexSpec Spec { get => _spec; set => _spec = value; }

    public ConcurrentDictionary<string, Namespace> Namespaces { get; } = new(StringComparer.Ordinal);

    /// <summary>The writer's: the number of the next namespace.</summary>
    public long NextNamespace { get; set; } = 1;

    /// <summary>Records of all namespaces.</summary>
    public long Records => Namespaces.Values.Sum(space => (long)space.Records);
}
