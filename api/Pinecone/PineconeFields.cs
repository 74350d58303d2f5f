using System.Globalization;
using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>What the routes' requests have in common.</summary>
internal static class PineconeFields
{
    /// <summary>The most ids that one request may name.</summary>
    public const int MaxIds = 1000;

    /// <summary>Another name for the default namespace, which itself is empty.</summary>
    public const string DefaultNamespace = "__default__";

    // A filter may nest as deep as the engine takes it.
    private const int MaxDepth = (2 * VectorFilter.MaxDepth) + 8;

    /// <summary>Enters the body's object.</summary>
    public static RequestJson Enter(JsonExchange exchange) => new(exchange.Body.Span, MaxDepth);

    /// <summary>Whether the field has one of these names: Pinecone's servers take both spellings.</summary>
    public static bool Is(this in RequestJson json, ReadOnlySpan<byte> camel, ReadOnlySpan<byte> snake) => json.Is(camel) || json.Is(snake);

    /// <summary>The index that the route names, or the one that is meant by naming none.</summary>
    public static string Index(JsonExchange exchange, IVectorStore store) => exchange.Context.Request.RouteValues["index"] as string ?? store.DefaultIndex;

    /// <summary>The store's name of a namespace.</summary>
    public static string Namespace(string? given) => given is null or DefaultNamespace ? "" : given;

    /// <summary>The store's name of the namespace that the route names. The server has decoded all of it but slashes, and what is decoded twice is another name.</summary>
    public static string Namespace(JsonExchange exchange) =>
        Namespace(((string)exchange.Context.Request.RouteValues["namespace"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));

    /// <summary>Pinecone's name of a namespace where it cannot be empty.</summary>
    public static string NameOf(string stored) => stored.Length == 0 ? DefaultNamespace : stored;

    /// <summary>A parameter of the address; null when absent. Refuses one given twice by its last.</summary>
    public static string? Parameter(JsonExchange exchange, string name, string? snake = null)
    {
        var query = exchange.Context.Request.Query;
        if (query.TryGetValue(name, out var values) || (snake is not null && query.TryGetValue(snake, out values)))
            return values[^1];
        return null;
    }

    /// <summary>The parameter <c>limit</c>.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="max">Its greatest value, and the one meant when it is absent.</param>
    /// <param name="limit">The value.</param>
    public static ApiError? Limit(JsonExchange exchange, int max, out int limit)
    {
        limit = max;
        var given = Parameter(exchange, "limit");
        if (given is null || int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit))
            return CheckLimit("limit", limit, max);
        return new(ErrorCause.WrongType, $"limit must be an integer, not '{given}'", "limit");
    }

    /// <summary>Says that a count is not 1 to <paramref name="max"/>; null when it is.</summary>
    public static ApiError? CheckLimit(string field, int value, int max) =>
        value >= 1 && value <= max ? null : new(ErrorCause.Invalid, $"{field} must be 1 to {max}, not {value}", field);

    /// <summary>A list of ids; null when absent.</summary>
    public static List<string>? Ids(ref RequestJson json, out int count) => json.Texts("ids", MaxIds, out count);

    /// <summary>Says that there are too many ids; null when there are not.</summary>
    public static ApiError? CheckIds(int count) =>
        count <= MaxIds ? null : new(ErrorCause.TooLarge, $"ids must have at most {MaxIds} items, not {count}", "ids");

    /// <summary>The filter at a place in the body.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="place">Where; nowhere for none.</param>
    /// <param name="filter">The filter; null for none.</param>
    public static ApiError? Filter(JsonExchange exchange, Range place, out VectorFilter? filter)
    {
        filter = null;
        if (place.Equals(default))
            return null;
        return VectorFilter.Parse(exchange.Body[place]).TryGet(out filter, out var refused) ? null : ApiError.From(refused);
    }

    /// <summary>Passes over a field that is null, and refuses one that nobody knows: left out in silence it would be taken for done.</summary>
    /// <param name="json">At the field's name.</param>
    /// <param name="within">What it is a field of; null for the body.</param>
    public static void Refuse(this ref RequestJson json, string? within = null)
    {
        var name = json.Current();
        var path = within is null ? name : $"{within}.{name}";
        if (json.Next() && !json.At(JsonTokenType.Null))
            json.Fail(ErrorCause.Invalid, $"{(path.Length <= 200 ? path : path[..200] + "…")} is not known here", name);
    }

    /// <summary>Passes over sparse values that are null, and refuses others: only dense vectors are kept here.</summary>
    public static void RefuseSparse(ref RequestJson json, string field)
    {
        if (json.Next() && !json.At(JsonTokenType.Null))
            json.Fail(ErrorCause.Invalid, $"{field}: sparse vectors are not supported, only dense ones", field);
    }
}
