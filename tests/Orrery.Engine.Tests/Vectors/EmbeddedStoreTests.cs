using System.Text;
using Orrery.Engine.Vectors;
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

    [Fact]
    public async Task A_query_by_id_means_the_vector_of_that_record_and_finds_nothing_without_it()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1, 0]);
        await fixture.UpsertAsync("b", [0, 1]);
        Assert.Equal(["b", "a"], Must(await fixture.Store.QueryAsync(new() { Index = IndexName, Id = "b", TopK = 2 }, default)).Matches.Select(match => match.Id));
        Assert.Empty(Must(await fixture.Store.QueryAsync(new() { Index = IndexName, Id = "nobody", TopK = 2 }, default)).Matches);
    }

    [Fact]
    public async Task An_upsert_that_is_wrong_in_one_record_writes_none()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1, 0]);
        var wrong = await fixture.Store.UpsertAsync(
            new() { Index = IndexName, Ids = ["b", "c"], Dimension = 2, Values = (float[])[1, 2, 3, float.NaN] }, default);
        Assert.Equal((InferenceErrorKind.Invalid, "values"), (wrong.Error!.Kind, wrong.Error.Field));
        Assert.Equal(["a"], Must(await fixture.Store.ListAsync(new() { Index = IndexName }, default)).Ids);
    }

    [Fact]
    public async Task An_empty_namespace_takes_any_dimension_and_one_with_records_only_its_own()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1, 0]);
        var wrong = (await fixture.Store.UpsertAsync(Upsert("b", [1, 2, 3]), default)).Error!;
        Assert.Contains("dimension 3 does not match the dimension of the index 2", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(InferenceErrorKind.Invalid, (await fixture.Store.QueryAsync(new() { Index = IndexName, Vector = new float[3], TopK = 1 }, default)).Error!.Kind);
        Must(await fixture.Store.DeleteAsync(new() { Index = IndexName, Ids = ["a"] }, default));
        await fixture.UpsertAsync("b", [1, 2, 3]);
        await fixture.UpsertAsync("c", [3, 2, 1]);
        await fixture.ReopenAsync();
        Assert.Equal(["b", "c"], (await fixture.QueryAsync([1, 2, 3], 5)).Select(match => match.Id));
        Assert.Equal(3, Must(await fixture.Store.FindNamespaceAsync(IndexName, "", default)).Dimension);
    }

    [Fact]
    public async Task A_namespace_remembers_its_model_and_refuses_vectors_and_queries_of_another()
    {
        await using var fixture = await MakeAsync();
        var mine = new EmbeddingModel("small", "sha256:1");
        var other = new EmbeddingModel("large", "sha256:2");
        await fixture.UpsertAsync("a", [1, 0]);
        Must(await fixture.Store.UpsertAsync(Upsert("b", [0, 1]) with { Model = mine }, default));
        await fixture.ReopenAsync();
        Assert.Equal(mine, Must(await fixture.Store.FindNamespaceAsync(IndexName, "", default)).Model);
        var refused = (await fixture.Store.UpsertAsync(Upsert("c", [1, 1]) with { Model = other }, default)).Error!;
        Assert.Equal(InferenceErrorKind.Conflict, refused.Kind);
        Assert.Contains("sha256:2", refused.Message, StringComparison.Ordinal);
        Assert.Equal(InferenceErrorKind.Conflict, (await fixture.Store.QueryAsync(new() { Index = IndexName, Vector = new float[2], TopK = 1, Model = other }, default)).Error!.Kind);
        Must(await fixture.Store.DeleteAsync(new() { Index = IndexName, All = true }, default));
        Assert.Equal(InferenceErrorKind.Conflict, (await fixture.Store.UpsertAsync(Upsert("c", [1, 1]) with { Model = other }, default)).Error!.Kind);
        Must(await fixture.Store.DeleteNamespaceAsync(IndexName, "", default));
        Must(await fixture.Store.UpsertAsync(Upsert("c", [1, 1]) with { Model = other }, default));
    }

    [Fact]
    public async Task Updates_that_would_make_metadata_too_long_change_nothing()
    {
        await using var fixture = await MakeAsync();
        var half = new string('x', 30_000);
        await fixture.UpsertAsync("a", [1], $$"""{"a":"{{half}}","k":1}""");
        await fixture.UpsertAsync("b", [1], """{"k":1}""");
        var set = Encoding.UTF8.GetBytes($$"""{"b":"{{half}}"}""");
        var one = await fixture.Store.UpdateAsync(new() { Index = IndexName, Id = "a", SetMetadata = set }, default);
        var all = await fixture.Store.UpdateAsync(new() { Index = IndexName, Filter = Filter("""{"k":1}"""), SetMetadata = set }, default);
        Assert.Equal((InferenceErrorKind.Invalid, InferenceErrorKind.Invalid), (one.Error!.Kind, all.Error!.Kind));
        Assert.Equal("""{"k":1}""", Encoding.UTF8.GetString((await fixture.FetchAsync("", "b"))[0].Metadata.Span));
        Assert.Equal(2, Must(await fixture.Store.UpdateAsync(new() { Index = IndexName, Filter = Filter("""{"k":1}"""), SetMetadata = set, DryRun = true }, default)).Matched);
        Assert.Empty(await fixture.QueryAsync([1], 5, """{"b":{"$exists":true}}"""));
    }

    [Fact]
    public async Task Fetches_what_matches_a_page_at_a_time()
    {
        await using var fixture = await MakeAsync();
        for (var i = 0; i < 25; i++)
            await fixture.UpsertAsync($"r{i:D2}", [1], $$"""{"even":{{(i % 2 == 0 ? "true" : "false")}}}""");
        var found = new List<string>();
        for (string? token = null; ;)
        {
            var page = Must(await fixture.Store.FetchAsync(new() { Index = IndexName, Filter = Filter("""{"even":true}"""), Limit = 5, Token = token }, default));
            Assert.InRange(page.Records.Count, 1, 5);
            found.AddRange(page.Records.Select(record => record.Id));
            if ((token = page.Next) is null)
                break;
        }

        Assert.Equal(Enumerable.Range(0, 13).Select(i => $"r{i * 2:D2}"), found);
        Assert.Equal("paginationToken", (await fixture.Store.FetchAsync(new() { Index = IndexName, Filter = Filter("{}"), Token = "?" }, default)).Error!.Field);
        Assert.Equal("paginationToken", (await fixture.Store.ListAsync(new() { Index = IndexName, Token = "?" }, default)).Error!.Field);
    }

    [Fact]
    public async Task Indexes_are_made_changed_kept_and_removed()
    {
        await using var fixture = await MakeAsync();
        var spec = new IndexSpec
        {
            Name = "films",
            Dimension = 2,
            Metric = VectorMetric.Euclidean,
            Element = VectorElement.Int8,
            DeletionProtected = true,
            Tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
            Placement = """{"serverless":{"cloud":"aws"}}""",
        };
        Must(await fixture.Store.CreateIndexAsync(spec, default));
        Assert.Equal(InferenceErrorKind.Conflict, (await fixture.Store.CreateIndexAsync(spec, default)).Error!.Kind);
        Assert.Equal(InferenceErrorKind.Invalid, (await fixture.Store.CreateIndexAsync(spec with { Name = "../films" }, default)).Error!.Kind);
        Must(await fixture.Store.ConfigureIndexAsync("films", new(null, new Dictionary<string, string> { ["a"] = "", ["c"] = "3" }), default));
        await fixture.ReopenAsync();
        var kept = Must(await fixture.Store.FindIndexAsync("films", default)).Spec;
        Assert.Equal([new("b", "2"), new("c", "3")], kept.Tags.OrderBy(tag => tag.Key));
        Assert.Equal(spec with { Tags = kept.Tags }, kept);
        Assert.Equal(["default", "films"], Must(await fixture.Store.ListIndexesAsync(default)).Select(index => index.Spec.Name));
        Assert.Equal(InferenceErrorKind.Invalid, (await fixture.Store.UpsertAsync(Upsert("a", [1, 2, 3]) with { Index = "films" }, default)).Error!.Kind);
        Assert.Equal(InferenceErrorKind.Conflict, (await fixture.Store.DeleteIndexAsync("films", default)).Error!.Kind);
        Must(await fixture.Store.ConfigureIndexAsync("films", new(false, null), default));
        Must(await fixture.Store.DeleteIndexAsync("films", default));
        Assert.Equal(InferenceErrorKind.NotFound, (await fixture.Store.UpsertAsync(Upsert("a", [1, 2]) with { Index = "films" }, default)).Error!.Kind);
        Assert.False(File.Exists(Path.Combine(fixture.Folder, "films.db")));
        Must(await fixture.Store.CreateIndexAsync(new() { Name = "films" }, default));
        Must(await fixture.Store.UpsertAsync(Upsert("a", [1, 2, 3]) with { Index = "films" }, default));
    }

    [Fact]
    public async Task Namespaces_are_made_listed_and_removed()
    {
        await using var fixture = await MakeAsync();
        foreach (var name in (string[])["b", "a", "ax", ""])
            await fixture.UpsertAsync("1", [1], space: name);
        Must(await fixture.Store.CreateNamespaceAsync(IndexName, "made", default));
        Assert.Equal(InferenceErrorKind.Conflict, (await fixture.Store.CreateNamespaceAsync(IndexName, "made", default)).Error!.Kind);
        await fixture.ReopenAsync();
        var first = Must(await fixture.Store.ListNamespacesAsync(IndexName, null, 3, null, default));
        Assert.Equal(["", "a", "ax"], first.Namespaces.Select(space => space.Name));
        Assert.Equal(5, first.Total);
        var second = Must(await fixture.Store.ListNamespacesAsync(IndexName, null, 3, first.Next, default));
        Assert.Equal([new NamespaceInfo("b", 1, 1, null), new NamespaceInfo("made", 0, null, null)], second.Namespaces);
        Assert.Null(second.Next);
        Assert.Equal(2, Must(await fixture.Store.ListNamespacesAsync(IndexName, "a", 100, null, default)).Total);
        Must(await fixture.Store.DeleteNamespaceAsync(IndexName, "a", default));
        Assert.Equal(InferenceErrorKind.NotFound, (await fixture.Store.DeleteNamespaceAsync(IndexName, "a", default)).Error!.Kind);
        Assert.Equal(InferenceErrorKind.NotFound, (await fixture.Store.FindNamespaceAsync(IndexName, "a", default)).Error!.Kind);
        Assert.Empty(await fixture.QueryAsync([1], 1, space: "a"));
        Assert.Single(await fixture.QueryAsync([1], 1, space: "ax"));
    }

    [Fact]
    public async Task What_is_given_up_before_it_is_begun_is_not_written()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await fixture.Store.UpsertAsync(Upsert("b", [1]), new(true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await fixture.Store.QueryAsync(new() { Index = IndexName, Vector = new float[1], TopK = 1 }, new(true)));
        Assert.Equal(["a"], Must(await fixture.Store.ListAsync(new() { Index = IndexName }, default)).Ids);
    }

    [Fact]
    public async Task A_closed_store_says_so()
    {
        var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1]);
        await fixture.DisposeAsync();
        await fixture.DisposeAsync();
        Assert.Equal(InferenceErrorKind.Unavailable, (await fixture.Store.UpsertAsync(Upsert("a", [1]), default)).Error!.Kind);
        Assert.Equal(InferenceErrorKind.Unavailable, (await fixture.Store.CreateIndexAsync(new() { Name = "x" }, default)).Error!.Kind);
    }
}
