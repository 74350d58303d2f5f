using System.Text;
using static Orrery.Engine.Tests.Vectors.StoreFixture;

namespace Orrery.Engine.Tests.Vectors;

public sealed class EmbeddedStoreTests
{
    [Fact]
    public async Task Finds_fetches_and_keeps_what_was_upserted()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1, 0], """{"genre":"drama","year":2020}""");
        await fixture.UpsertAsync("b", [0, 1]);
        for (var reopened = 0; reopened < 2; reopened++)
        {
            var matches = await fixture.QueryAsync([1, 0.1f], 5);
            Assert.Equal(["a", "b"], matches.Select(match => match.Id));
            Assert.Equal(1 / Math.Sqrt(1.01), matches[0].Score, 1e-6);
            Assert.Equal("""{"genre":"drama","year":2020}""", Encoding.UTF8.GetString(matches[0].Metadata.Span));
            Assert.Equal([1f, 0f], matches[0].Values.ToArray());
            var records = await fixture.FetchAsync("", "b", "missing", "a");
            Assert.Equal(["b", "a"], records.Select(record => record.Id));
            await fixture.ReopenAsync();
        }
    }

    [Fact]
    public async Task The_folder_and_the_file_are_made_at_the_first_write()
    {
        await using var fixture = await MakeAsync();
        Assert.Empty(await fixture.QueryAsync([1], 1));
        Assert.Empty(Must(await fixture.Store.ListAsync(new() { Index = IndexName }, default)).Ids);
        Must(await fixture.Store.DeleteAsync(new() { Index = IndexName, All = true }, default));
        Assert.False(Directory.Exists(fixture.Folder));
        await fixture.UpsertAsync("a", [1]);
        Assert.True(File.Exists(fixture.File));
    }

    [Fact]
    public async Task Replaces_a_record_whole()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1, 0], """{"genre":"drama"}""");
        await fixture.UpsertAsync("a", [0, 1], """{"year":1}""");
        var record = Assert.Single(await fixture.FetchAsync("", "a"));
        Assert.Equal([0f, 1f], record.Values.ToArray());
        Assert.Equal("""{"year":1}""", Encoding.UTF8.GetString(record.Metadata.Span));
        Assert.Empty(await fixture.QueryAsync([1, 0], 1, """{"genre":"drama"}"""));
        Assert.Equal(1, (await fixture.QueryAsync([0, 1], 1, """{"year":{"$lt":2}}"""))[0].Score, 1e-6);
    }
}
