namespace Orrery.Api.Http;

/// <summary>Which protocol is spoken under which paths, so that what no route answers is answered in the shape of its neighbours. Filled while routes are mapped.</summary>
internal sealed class ProtocolPrefixes
{
    private readonly List<(string[] Segments, Protocol Protocol)> _all = [];

    /// <summary>Says what is spoken at a path and below it.</summary>
    /// <param name="prefix">The path; a segment <c>*</c> is any.</param>
    /// <param name="protocol">The protocol.</param>
    public void Add(string prefix, Protocol protocol) => _all.Add((Split(prefix), protocol));

    /// <summary>What is spoken at a path: by the longest prefix, else our own.</summary>
    public Protocol Of(string? path)
    {
        var segments = Split(path ?? "");
        var (longest, found) = (-1, (Protocol)ProblemProtocol.Instance);
        foreach (var (prefix, protocol) in _all)
        {
            if (prefix.Length > longest && prefix.Length <= segments.Length && Begins(segments, prefix))
                (longest, found) = (prefix.Length, protocol);
        }

        return found;
    }

    private static string[] Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private static bool Begins(string[] path, string[] prefix)
    {
        for (var i = 0; i < prefix.Length; i++)
        {
            if (prefix[i] != "*" && !prefix[i].Equals(path[i], StringComparison.OrdinalIgnoreCase))
                return false;
        }

        return true;
    }
}
