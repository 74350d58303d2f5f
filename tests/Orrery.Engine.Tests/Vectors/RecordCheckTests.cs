using System.Text;
using Orrery.Engine.Vectors;

namespace Orrery.Engine.Tests.Vectors;

public class RecordCheckTests
{
    [Theory]
    [InlineData("""{"a":"x","b":1.5,"c":true,"d":["x","y"],"e":[]}""")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("""{"é":"\ud83d\ude00"}""")]
    public void Metadata_is_flat(string json) => Assert.Null(VectorMetadata.Check(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"a":null}""", "'a'")]
    [InlineData("""{"a":{"b":1}}""", "'a'")]
    [InlineData("""{"a":["x",1]}""", "'a'")]
    [InlineData("""{"a":[["x"]]}""", "'a'")]
    [InlineData("""{"a":1e999}""", "'a'")]
    [InlineData("""{"$a":1}""", "$a")]
    [InlineData("""{"":1}""", "name")]
    [InlineData("""["a"]""", "object")]
    [InlineData("7", "object")]
    [InlineData("""{"a":1""", "JSON")]
    [InlineData("""{"a":1}{}""", "JSON")]
    [InlineData("""{"a":"\ud800"}""", "JSON")]
    [InlineData("""{"a":["\ud800"]}""", "JSON")]
    public void Metadata_that_is_not_is_refused_by_name(string json, string named) =>
        Assert.Contains(named, VectorMetadata.Check(Encoding.UTF8.GetBytes(json)), StringComparison.Ordinal);

    [Fact]
    public void Metadata_has_a_limit()
    {
        Assert.Null(VectorMetadata.Check(Long(VectorMetadata.MaxBytes)));
        Assert.Contains("40960", VectorMetadata.Check(Long(VectorMetadata.MaxBytes + 1)), StringComparison.Ordinal);

        static byte[] Long(int bytes) => Encoding.UTF8.GetBytes($$"""{"a":"{{new string('x', bytes - 8)}}"}""");
    }

    [Theory]
    [InlineData("""{"a":1,"b":2}""", """{"b":3,"c":["x"]}""", """{"a":1,"b":3,"c":["x"]}""")]
    [InlineData("", """{"b":3}""", """{"b":3}""")]
    [InlineData("""{"a":1}""", "", """{"a":1}""")]
    [InlineData("""{"a":1}""", "{}", """{"a":1}""")]
    public void Merging_sets_fields_and_keeps_the_others(string metadata, string changes, string merged) =>
        Assert.Equal(merged, Encoding.UTF8.GetString(VectorMetadata.Merge(Encoding.UTF8.GetBytes(metadata), Encoding.UTF8.GetBytes(changes))));

    [Fact]
    public void Names_the_record_at_fault()
    {
        Assert.Null(RecordCheck.Check(Records(["a", "b"])));
        Assert.Contains("vectors[1]", RecordCheck.Check(Records(["a", ""]))!.Message, StringComparison.Ordinal);
        Assert.Contains("'a' is there twice", RecordCheck.Check(Records(["a", "b", "a"]))!.Message, StringComparison.Ordinal);
        Assert.Contains("512", RecordCheck.Check(Records([new string('é', 257)]))!.Message, StringComparison.Ordinal);
        Assert.Contains("NUL", RecordCheck.Check(Records(["a\0"]))!.Message, StringComparison.Ordinal);
        Assert.Equal(InferenceErrorKind.Empty, RecordCheck.Check(Records([]))!.Kind);
        var nan = RecordCheck.Check(Records(["a", "b"]) with { Values = new[] { 1, 2, 3, float.NaN } })!;
        Assert.Contains("vectors[1] ('b'): values[1]", nan.Message, StringComparison.Ordinal);
        Assert.Contains("vectors[1] ('b')", RecordCheck.Check(Records(["a", "b"]) with { Metadata = [default, "[]"u8.ToArray()] })!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("products-2", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("A", false)]
    [InlineData("../a", false)]
    [InlineData("a.b", false)]
    public void An_index_name_is_safe_as_a_file_name(string name, bool right) => Assert.Equal(right, RecordCheck.CheckIndexName(name) is null);

    private static UpsertRequest Records(string[] ids) => new() { Index = "i", Ids = ids, Dimension = 2, Values = new float[2 * ids.Length] };
}
