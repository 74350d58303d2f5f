namespace Orrery.Engine.Tokenization;

/// <summary>Working space of a model, reused from piece to piece.</summary>
internal sealed class ModelSpace
{
    private int[] _ids = new int[256];
    private PathNode[] _path = [];

    /// <summary>The word that byte-pair encoding is at.</summary>
    public BpeWord Word { get; } = new();

    /// <summary>Room for this many numbers, contents undefined.</summary>
    public Span<int> Ids(int count)
    {
        if (_ids.Length < count) _ids = new int[Math.Max(count, _ids.Length * 2)];
        return _ids.AsSpan(0, count);
    }

    /// <summary>Room for this many positions, contents undefined.</summary>
    public Span<PathNode> Path(int count)
    {
        if (_path.Length < count) _path = new PathNode[Math.Max(count, 256)];
        return _path.AsSpan(0, count);
    }
}
