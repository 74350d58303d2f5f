using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Engine.Vectors;

namespace Orrery.Engine.Tests.Vectors;

public class FilterParserTests
{
    [Fact]
    public void A_bare_value_is_equality()
    {
        Assert.Equal("a in ['x']", Read("""{"a":"x"}"""));
        Assert.Equal("a in [2.5]", Read("""{"a":2.5}"""));
        Assert.Equal("a in [True]", Read("""{"a":true}"""));
    }

    [Fact]
    public void Fields_and_operators_beside_each_other_must_all_hold()
    {
        Assert.Equal("(a in [1] and b in ['x'])", Read("""{"a":1,"b":"x"}"""));
        Assert.Equal("(y >= 1 and y < 5)", Read("""{"y":{"$gte":1,"$lt":5}}"""));
        Assert.Equal("()", Read("{}"));
    }

    [Fact]
    public void Reads_every_operator()
    {
        Assert.Equal("a in ['x']", Read("""{"a":{"$eq":"x"}}"""));
        Assert.Equal("a not in [3]", Read("""{"a":{"$ne":3}}"""));
        Assert.Equal("a > -1", Read("""{"a":{"$gt":-1}}"""));
        Assert.Equal("a <= 1000", Read("""{"a":{"$lte":1e3}}"""));
        Assert.Equal("a in ['x',2]", Read("""{"a":{"$in":["x",2]}}"""));
        Assert.Equal("a not in ['x']", Read("""{"a":{"$nin":["x"]}}"""));
        Assert.Equal("a in []", Read("""{"a":{"$in":[]}}"""));
        Assert.Equal("a exists", Read("""{"a":{"$exists":true}}"""));
        Assert.Equal("a missing", Read("""{"a":{"$exists":false}}"""));
        Assert.Equal("(a in [1] or (b in [2] and c in [3]))", Read("""{"$or":[{"a":1},{"$and":[{"b":2},{"c":3}]}]}"""));
    }

    [Theory]
    [InlineData("""{"a":{"$near":1}}""", "$near of 'a'")]
    [InlineData("""{"$gt":1}""", "$gt must stand under a field")]
    [InlineData("""{"$not":[]}""", "$not is not an operator")]
    [InlineData("""{"a":{"$gt":"x"}}""", "$gt of 'a'")]
    [InlineData("""{"a":{"$in":"x"}}""", "$in of 'a'")]
    [InlineData("""{"a":{"$in":[true]}}""", "$in of 'a'")]
    [InlineData("""{"a":{"$exists":1}}""", "$exists of 'a'")]
    [InlineData("""{"a":{"$eq":null}}""", "$eq of 'a'")]
    [InlineData("""{"a":{"$ne":["x"]}}""", "$ne of 'a'")]
    [InlineData("""{"a":null}""", "'a'")]
    [InlineData("""{"a":["x"]}""", "'a'")]
    [InlineData("""{"a":{}}""", "'a'")]
    [InlineData("""{"a":{"b":1}}""", "b of 'a'")]
    [InlineData("""{"$and":[]}""", "$and")]
    [InlineData("""{"$or":{}}""", "$or")]
    [InlineData("""{"$or":[1]}""", "object")]
    [InlineData("""[]""", "object")]
    [InlineData("""{"a":1""", "JSON")]
    [InlineData("", "JSON")]
    public void Names_what_is_wrong(string json, string named)
    {
        var error = VectorFilter.Parse(Encoding.UTF8.GetBytes(json)).Error;
        Assert.NotNull(error);
        Assert.Equal(InferenceErrorKind.Invalid, error.Kind);
        Assert.StartsWith("filter", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_more_than_its_limits()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"$and":[""", VectorFilter.MaxDepth + 1)) + """{"a":1}""" + string.Concat(Enumerable.Repeat("]}", VectorFilter.MaxDepth + 1));
        Assert.NotNull(VectorFilter.Parse(Encoding.UTF8.GetBytes(deep)).Error);
        var wide = """{"a":{"$in":[LIST]}}""".Replace("LIST", string.Join(',', Enumerable.Range(0, VectorFilter.MaxValues + 1)), StringComparison.Ordinal);
        Assert.Contains("10000", VectorFilter.Parse(Encoding.UTF8.GetBytes(wide)).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keeps_what_it_was_given()
    {
        const string Json = """{"a": {"$gt" : 1.50}}""";
        Assert.Equal(Json, Encoding.UTF8.GetString(VectorFilter.Parse(Encoding.UTF8.GetBytes(Json)).Value!.Json.Span));
    }

    [Fact]
    public void Never_throws_whatever_comes()
    {
        string[] parts = ["{", "}", "[", "]", "\"a\"", "\"$and\"", "\"$in\"", "\"$gt\"", "\"\\ud800\"", ":", ",", "1", "null", "true", "1e999", "\u00e9"];
        var texts = Gen.Choose(0, parts.Length - 1).ListOf().Select(list => string.Concat(list.Select(i => parts[i])));
        Check.QuickThrowOnFailure(Prop.ForAll(texts.ToArbitrary(), text =>
        {
            var parsed = VectorFilter.Parse(Encoding.UTF8.GetBytes(text));
            return (parsed.Value is null) != (parsed.Error is null);
        }));
        // Half of a surrogate pair as a name, as a value and as an operator.
        Assert.NotNull(VectorFilter.Parse("""{"\ud800":1}"""u8.ToArray()).Error);
        Assert.NotNull(VectorFilter.Parse("""{"a":"\ud800"}"""u8.ToArray()).Error);
        Assert.NotNull(VectorFilter.Parse("""{"a":{"$in":["\udc00"]}}"""u8.ToArray()).Error);
        Assert.NotNull(VectorFilter.Parse("""{"a":1e999}"""u8.ToArray()).Error);
    }

    private static string Read(string json) => Show(VectorFilter.Parse(Encoding.UTF8.GetBytes(json)).Value!.Root);

    private static string Show(FilterNode node) => node switch
    {
        AllOf all => $"({string.Join(" and ", all.Parts.Select(Show))})",
        AnyOf any => $"({string.Join(" or ", any.Parts.Select(Show))})",
        OneOf one => $"{one.Field} {(one.Negated ? "not in" : "in")} [{string.Join(',', one.Values.Select(Show))}]",
        Bound bound => FormattableString.Invariant($"{bound.Field} {(bound.Above ? '>' : '<')}{(bound.Inclusive ? "=" : "")} {bound.Limit}"),
        Exists exists => $"{exists.Field} {(exists.Wanted ? "exists" : "missing")}",
        _ => throw new InvalidOperationException(node.ToString()),
    };

    private static string Show(MetadataValue value) => value.Text is { } text ? $"'{text}'" : value.Flag is { } flag ? $"{flag}" : FormattableString.Invariant($"{value.Number}");
}
