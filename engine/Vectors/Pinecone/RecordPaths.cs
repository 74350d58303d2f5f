using System.Globalization;
using System.Text;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Paths with queries of the data plane.</summary>
internal static class RecordPaths
{
    public const string Upsert = "/vectors/upsert";
    public const string Update = "/vectors/update";
    public const string Delete = "/vectors/delete";

    /// <summary>The most bytes of ids in one address: servers and what stands before them take about 8 KB.</summary>
    public const int MaxIdBytes = 6_000;

    /// <summary>Asks for records by id.</summary>
    public static string Fetch(string @namespace, IReadOnlyList<string> ids)
    {
        var path = new StringBuilder("/vectors/fetch?");
        foreach (var id in ids)
            Add(path, "ids", id);
        return WithNamespace(path, @namespace);
    }

    /// <summary>Asks for ids.</summary>
    public static string List(string @namespace, string prefix, int limit, string? token)
    {
        var path = new StringBuilder("/vectors/list?");
        Add(path, "limit", limit.ToString(CultureInfo.InvariantCulture));
        if (prefix.Length > 0)
            Add(path, "prefix", prefix);
        if (token is not null)
            Add(path, "paginationToken", token);
        return WithNamespace(path, @namespace);
    }

    /// <summary>Asks for namespaces.</summary>
    public static string Namespaces(string? prefix, int limit, string? token)
    {
        var path = new StringBuilder("/namespaces?");
        Add(path, "limit", limit.ToString(CultureInfo.InvariantCulture));
        if (!string.IsNullOrEmpty(prefix))
            Add(path, "prefix", prefix);
        if (token is not null)
            Add(path, "paginationToken", token);
        return Whole(path);
    }

    /// <summary>One namespace.</summary>
    public static string Namespace(string name) => $"/namespaces/{Uri.EscapeDataString(RecordJson.There(name))}";

    /// <summary>How many ids from one on go into one address: at least one.</summary>
    public static int Fitting(IReadOnlyList<string> ids, int from)
    {
        var bytes = 0;
        var end = from;
        while (end < ids.Count && (bytes += Uri.EscapeDataString(ids[end]).Length + "&ids=".Length) <= MaxIdBytes)
            end++;
        return Math.Max(1, end - from);
    }

    private static string WithNamespace(StringBuilder path, string @namespace)
    {
        if (@namespace.Length > 0)
            Add(path, "namespace", @namespace);
        return Whole(path);
    }

    // Each part of the query ends in an ampersand; the last is one too many.
    private static string Whole(StringBuilder path) => path.ToString(0, path.Length - 1);

    private static void Add(StringBuilder path, string name, string value) =>
        path.Append(name).Append('=').Append(Uri.EscapeDataString(value)).Append('&');
}
