using System.Text.Json;

namespace Orrery.Engine.Vectors;

/// <summary>
/// A condition on metadata, in Pinecone's language: <c>{"genre": "drama", "year": {"$gte": 2020}}</c>. Fields side by side must all hold.
/// A list satisfies a comparison when any of its elements does, so <c>$ne</c> and <c>$nin</c> fail when any element matches; both hold where the field is missing.
/// </summary>
public sealed class VectorFilter
{
    /// <summary>How deep <c>$and</c> and <c>$or</c> may nest.</summary>
    public const int MaxDepth = 16;

    /// <summary>The most values that one filter may name.</summary>
    public const int MaxValues = 10_000;

    private VectorFilter(FilterNode root, ReadOnlyMemory<byte> json)
    {
        Root = root;
        Json = json;
    }

    /// <summary>The condition.</summary>
    public FilterNode Root { get; }

    /// <summary>The condition as it was given, a JSON object as UTF-8.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Reads a filter.</summary>
    /// <param name="json">A JSON object as UTF-8; copied.</param>
    /// <returns>The filter, or what is wrong with it, naming the field or operator.</returns>
    public static Outcome<VectorFilter> Parse(ReadOnlyMemory<byte> json)
    {
        var copy = json.ToArray();
        try
        {
            using var document = JsonDocument.Parse(copy, new JsonDocumentOptions { MaxDepth = (2 * MaxDepth) + 2 });
            var parser = new FilterParser();
            return parser.Object(document.RootElement, 0) is { } root
                ? new VectorFilter(root, copy)
                : new InferenceError(InferenceErrorKind.Invalid, $"filter: {parser.Error}", "filter");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Neither bytes nor an escape that is half a character can be asked about in another way.
            return new InferenceError(InferenceErrorKind.Invalid, $"filter is not JSON that can be read: {e.Message}", "filter");
        }
    }
}

/// <summary>A part of a filter.</summary>
public abstract record FilterNode;

/// <summary>Holds when all parts do; without parts, always.</summary>
/// <param name="Parts">The parts.</param>
public sealed record AllOf(IReadOnlyList<FilterNode> Parts) : FilterNode;

/// <summary>Holds when any part does.</summary>
/// <param name="Parts">At least one.</param>
public sealed record AnyOf(IReadOnlyList<FilterNode> Parts) : FilterNode;

/// <summary>Holds when the field, or any element of it, equals one of some values; negated, when that is not so.</summary>
/// <param name="Field">The field.</param>
/// <param name="Values">The values; none match nothing.</param>
/// <param name="Negated">Whether it is turned around.</param>
public sealed record OneOf(string Field, IReadOnlyList<MetadataValue> Values, bool Negated) : FilterNode;

/// <summary>Holds when the field is a number on one side of a bound.</summary>
/// <param name="Field">The field.</param>
/// <param name="Limit">The bound.</param>
/// <param name="Above">Whether greater numbers are meant, else lesser ones.</param>
/// <param name="Inclusive">Whether the bound itself is meant too.</param>
public sealed record Bound(string Field, double Limit, bool Above, bool Inclusive) : FilterNode;

/// <summary>Holds when the field is there, or when it is not.</summary>
/// <param name="Field">The field.</param>
/// <param name="Wanted">Whether it is to be there.</param>
public sealed record Exists(string Field, bool Wanted) : FilterNode;

/// <summary>A value that metadata may have: a text, a number or a truth value. Of different kinds none are equal.</summary>
public readonly record struct MetadataValue
{
    private MetadataValue(string? text, double number, bool? flag) => (Text, Number, Flag) = (text, number, flag);

    /// <summary>The text; null for another kind.</summary>
    public string? Text { get; }

    /// <summary>The number, where <see cref="Text"/> and <see cref="Flag"/> are null.</summary>
    public double Number { get; }

    /// <summary>The truth value; null for another kind.</summary>
    public bool? Flag { get; }

    /// <summary>A text.</summary>
    public static MetadataValue Of(string text) => new(text, 0, null);

    /// <summary>A number.</summary>
    public static MetadataValue Of(double number) => new(null, number, null);

    /// <summary>A truth value.</summary>
    public static MetadataValue Of(bool flag) => new(null, 0, flag);

    /// <summary>The value of a JSON text, finite number or truth value; null for anything else.</summary>
    internal static MetadataValue? From(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => Of(json.GetString()!),
        JsonValueKind.Number when double.IsFinite(json.GetDouble()) => Of(json.GetDouble()),
        JsonValueKind.True => Of(true),
        JsonValueKind.False => Of(false),
        _ => null,
    };
}
