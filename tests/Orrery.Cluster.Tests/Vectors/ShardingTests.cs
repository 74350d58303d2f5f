using System.Runtime.InteropServices;
using System.Text;
using Orrery.Engine.Vectors;
using Orrery.Interfaces.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Vectors;

public sealed class ShardingTests
{
    // Written down once: records lie on disks by these.
    [Theory]
    [InlineData("", 4, 2)]
    [InlineData("a", 4, 3)]
    [InlineData("vec-1", 4, 3)]
    [InlineData("vec-2", 256, 233)]
    [InlineData("é😀", 7, 1)]
    public void An_id_is_in_the_same_shard_for_ever(string id, int shards, int shard) => Assert.Equal(shard, Sharding.ShardOf(id, shards));

    [Fact]
    public void Ids_that_count_up_are_spread_evenly()
    {
        var counts = new int[8];
        for (var i = 0; i < 80_000; i++)
            counts[Sharding.ShardOf($"doc-{i}", counts.Length)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_500, 10_500));
    }

    [Fact]
    public void Every_record_goes_whole_to_its_own_shard()
    {
        string[] ids = [.. Enumerable.Range(0, 500).Select(i => $"id-{i}")];
        var request = new UpsertRequest
        {
            Index = "i",
            Ids = ids,
            Dimension = 3,
            Values = Enumerable.Range(0, 1500).Select(i => (float)i).ToArray(),
            Metadata = [.. ids.Select(id => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(id))],
            Model = new EmbeddingModel("name", "digest"),
        };
        var seen = new HashSet<string>();
        var split = Sharding.Split(ids, 6);
        for (var shard = 0; shard < split.Length; shard++)
        {
            var part = Sharding.Take(request, split[shard]);
            Assert.Equal((3, "name", "digest"), (part.Dimension, part.Model, part.Digest));
            var values = MemoryMarshal.Cast<byte, float>(part.Values.AsSpan());
            for (var i = 0; i < part.Ids.Length; i++)
            {
                var place = Array.IndexOf(ids, part.Ids[i]);
                Assert.True(seen.Add(part.Ids[i]));
                Assert.Equal(shard, Sharding.ShardOf(part.Ids[i], 6));
                Assert.Equal([3 * place, (3 * place) + 1, (3 * place) + 2], values.Slice(3 * i, 3).ToArray());
                Assert.Equal(part.Ids[i], Encoding.UTF8.GetString(part.Metadata![i].Span));
            }
        }

        Assert.Equal(ids.Length, seen.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("1.2.3.dots")]
    [InlineData("lines\nand\nlines")]
    public void A_shards_key_says_what_it_was_made_of(string space)
    {
        var key = new ShardKey("store", "index", 639_000_000_000_000_000, 2, 5, space);
        Assert.Equal(key, ShardKey.Parse(key.ToString()));
        Assert.Equal("store", ShardKey.StoreOf(key.ToString()).ToString());
    }

    [Theory]
    [InlineData("x.0.1.a")]
    [InlineData("1.1.1.a")]
    [InlineData("1.0.a")]
    [InlineData("-1.0.1.a")]
    public void What_is_no_shard_of_ours_is_none(string name) => Assert.False(ShardKey.TryRead("store", "index", name, out _));

    [Fact]
    public void Ids_are_ordered_by_their_bytes()
    {
        string[] ids = ["", "a", "ab", "b", "é", "\uD7FF", "\uE000", "\uFFFF", "😀", "😀a"];
        foreach (var a in ids)
        {
            foreach (var b in ids)
                Assert.Equal(Math.Sign(Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))), Math.Sign(Utf8Order.Compare(a, b)));
        }
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(3, "abc:d")]
    public void A_token_leads_back_to_the_shard_it_was_given_in(int shard, string? inner)
    {
        Assert.Null(ShardToken.Read(ShardToken.Of(shard, inner), 4, out var number, out var rest));
        Assert.Equal((shard, inner), (number, rest));
        Assert.NotNull(ShardToken.Read(ShardToken.Of(shard, inner), shard, out _, out _));
        Assert.NotNull(ShardToken.Read("%%%", 4, out _, out _));
        Assert.NotNull(ShardToken.Read(PageToken.Of("no number"), 4, out _, out _));
    }
}
