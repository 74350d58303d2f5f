using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Engine.Tests.Pinecone;

public sealed class UpsertPartsTests
{
    [Theory]
    [InlineData(1, 3, 1)]
    [InlineData(1_000, 3, 1)]
    [InlineData(1_001, 3, 2)]
    [InlineData(4_500, 2, 5)]
    public void Records_are_split_by_number(int records, int dimension, int parts) => Assert.Equal(parts, Parts(Request(records, dimension, 1)).Count);

    [Theory]
    [InlineData(1_000, 1_536)]
    [InlineData(300, 20_000)]
    public void Records_are_split_by_bytes(int records, int dimension) => Assert.True(Parts(Request(records, dimension, 2)).Count > 1);

    [Fact]
    public void Whatever_is_written_is_within_the_limits_whole_and_in_order()
    {
        var sizes = Gen.Choose(1, 2_500).SelectMany(records => Gen.Choose(1, 700).SelectMany(dimension => Gen.Choose(0, 1_000_000).Select(seed => (records, dimension, seed))));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(25), Prop.ForAll(Arb.From(sizes), size =>
        {
            var request = Request(size.records, size.dimension, size.seed);
            var record = 0;
            foreach (var (body, count) in Parts(request))
            {
                Assert.InRange(body.Length, 1, UpsertParts.MaxBytes);
                Assert.InRange(count, 1, UpsertParts.MaxRecords);
                using var json = JsonDocument.Parse(body);
                Assert.Equal("a \"name\"", json.RootElement.GetProperty("namespace").GetString());
                foreach (var vector in json.RootElement.GetProperty("vectors").EnumerateArray())
                {
                    Assert.Equal(request.Ids[record], vector.GetProperty("id").GetString());
                    var component = 0;
                    foreach (var value in vector.GetProperty("values").EnumerateArray())
                        Assert.Equal(BitConverter.SingleToInt32Bits(request.Vector(record)[component++]), BitConverter.SingleToInt32Bits(value.GetSingle()));
                    Assert.Equal(size.dimension, component);
                    Assert.Equal("mini@sha256:ab12", vector.GetProperty("metadata").GetProperty(ModelStamp.Field).GetString());
                    Assert.Equal(record, vector.GetProperty("metadata").GetProperty("n").GetInt32());
                    record++;
                }
            }

            Assert.Equal(size.records, record);
        }));
    }

    private static List<(ReadOnlyMemory<byte> Body, int Records)> Parts(UpsertRequest request)
    {
        var parts = new UpsertParts(request);
        var bodies = new List<(ReadOnlyMemory<byte>, int)>();
        while (parts.More)
            bodies.Add(parts.Next());
        return bodies;
    }

    // Components of any exponent and length, which is what their texts' lengths hang on.
    private static UpsertRequest Request(int records, int dimension, int seed)
    {
        var random = new System.Random(seed);
        var values = new float[records * dimension];
        for (var i = 0; i < values.Length; i++)
        {
            do
                values[i] = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            while (!float.IsFinite(values[i]));
        }

        return new UpsertRequest
        {
            Index = "talks",
            Namespace = "a \"name\"",
            Ids = [.. Enumerable.Range(0, records).Select(i => $"é-{i}")],
            Dimension = dimension,
            Values = values,
            Metadata = [.. Enumerable.Range(0, records).Select(i => (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes($$"""{"n":{{i}}}"""))],
            Model = Rig.Mini,
        };
    }
}
