using System.Diagnostics;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>What becomes of the store's folder while it runs, and how much of the system its indexes take.</summary>
public sealed class FolderTests
{
    public static TheoryData<string> Losses => ["removed", "exchanged", "file", "journal"];

    [Theory]
    [MemberData(nameof(Losses))]
    public async Task Acknowledges_nothing_once_its_files_are_gone(string loss)
    {
        await using var fixture = await StoreFixture.MakeAsync();
        await fixture.UpsertAsync("a", [1, 0]);
        var other = fixture.Folder + "-other";
        switch (loss)
        {
            case "removed":
                Directory.Delete(fixture.Folder, recursive: true);
                break;
            case "exchanged":
                Directory.Move(fixture.Folder, other);
                Directory.CreateDirectory(fixture.Folder);
                foreach (var file in Directory.EnumerateFiles(other, "*.db*"))
                    File.Copy(file, Path.Combine(fixture.Folder, Path.GetFileName(file)));
                break;
            case "file":
                File.Copy(fixture.File, other);
                File.Move(other, fixture.File, overwrite: true);
                break;
            default:
                File.Delete(fixture.File + "-wal");
                break;
        }

        var error = (await fixture.Store.UpsertAsync(StoreFixture.Upsert("b", [0, 1]), default)).Error!;
        Assert.Equal(InferenceErrorKind.Unavailable, error.Kind);
        Assert.Contains("was removed or exchanged", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.Folder, error.Message, StringComparison.Ordinal);
        // From then on nothing of it is told either.
        Assert.Equal(InferenceErrorKind.Unavailable, (await fixture.Store.StatsAsync(StoreFixture.IndexName, null, default)).Error!.Kind);
    }

    [Fact]
    public async Task Makes_no_index_in_a_folder_that_is_not_the_one_it_holds()
    {
        await using var fixture = await StoreFixture.MakeAsync();
        await fixture.UpsertAsync("a", [1, 0]);
        Directory.Move(fixture.Folder, fixture.Folder + "-other");
        Directory.CreateDirectory(fixture.Folder);
        var error = (await fixture.Store.CreateIndexAsync(new IndexSpec { Name = "new" }, default)).Error!;
        Assert.Equal(InferenceErrorKind.Unavailable, error.Kind);
        Assert.DoesNotContain(fixture.Folder, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(fixture.Folder));
    }

    [Fact]
    public async Task Threads_and_open_files_do_not_grow_with_indexes()
    {
        const int Count = 120;
        await using var fixture = await StoreFixture.MakeAsync();
        await MakeAsync(fixture.Store, 0, 40);
        var before = (Threads: Threads(), Files: OpenFiles(fixture.Folder));
        await MakeAsync(fixture.Store, 40, Count);
        // Fewer than there are new indexes; other tests have stores too.
        Assert.InRange(Threads(), 0, before.Threads + 60);
        Assert.InRange(OpenFiles(fixture.Folder), 0, before.Files + 20);
        // All of them answer, those too whose files were closed, and take more.
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < Count; i++)
            {
                var stats = (await fixture.Store.StatsAsync($"index-{i}", null, default)).Value!;
                Assert.Equal(round + 1, Assert.Single(stats.Namespaces).Records);
                Assert.Null((await fixture.Store.UpsertAsync(StoreFixture.Upsert($"{round}", [1, 0]) with { Index = $"index-{i}" }, default)).Error);
                var nearest = await fixture.Store.QueryAsync(new() { Index = $"index-{i}", Vector = new float[] { 1, 0 }, TopK = 9 }, default);
                Assert.Equal(round + 2, nearest.Value!.Matches.Count);
            }
        }

        await fixture.ReopenAsync();
        Assert.Equal(3, Assert.Single((await fixture.Store.StatsAsync("index-7", null, default)).Value!.Namespaces).Records);
    }

    [Fact]
    public async Task An_index_whose_closed_file_was_exchanged_is_refused()
    {
        await using var fixture = await StoreFixture.MakeAsync();
        await fixture.UpsertAsync("a", [1, 0]);
        await MakeAsync(fixture.Store, 0, 40);
        File.Copy(fixture.File, fixture.File + ".copy");
        File.Move(fixture.File + ".copy", fixture.File, overwrite: true);
        var error = (await fixture.Store.UpsertAsync(StoreFixture.Upsert("b", [0, 1]), default)).Error!;
        Assert.Contains("was removed or exchanged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_more_indexes_than_there_may_be_by_the_setting()
    {
        var options = new VectorOptions { Directory = Path.Combine(Repository.Temporary(), "vectors"), MaxIndexes = 3 };
        await using var store = await StoreFixture.OpenAsync(options);
        await MakeAsync(store, 0, 2);
        var error = (await store.CreateIndexAsync(new IndexSpec { Name = "one-more" }, default)).Error!;
        Assert.Equal(InferenceErrorKind.Conflict, error.Kind);
        Assert.Contains("Vectors:MaxIndexes", error.Message, StringComparison.Ordinal);
        await store.DeleteIndexAsync("index-0", default);
        Assert.Null((await store.CreateIndexAsync(new IndexSpec { Name = "one-more" }, default)).Error);
    }

    [Theory]
    [InlineData(512, true)]
    [InlineData(513, false)]
    public void A_namespace_that_is_written_to_has_a_bounded_name(int bytes, bool right) =>
        Assert.Equal(right, RecordCheck.CheckNamespace(new string('é', bytes / 2) + new string('x', bytes % 2)) is null);

    private static async Task MakeAsync(Orrery.Engine.Vectors.Embedded.EmbeddedStore store, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            Assert.Null((await store.CreateIndexAsync(new IndexSpec { Name = $"index-{i}" }, default)).Error);
            Assert.Null((await store.UpsertAsync(StoreFixture.Upsert("first", [1, 0]) with { Index = $"index-{i}" }, default)).Error);
        }
    }

    /// <summary>How many threads this process has that bear a name of ours; all that it has where the system does not tell.</summary>
    private static int Threads()
    {
        const string Tasks = "/proc/self/task";
        return Directory.Exists(Tasks) ? Directory.EnumerateDirectories(Tasks).Count(IsOurs) : Process.GetCurrentProcess().Threads.Count;

        static bool IsOurs(string task)
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("orrery-", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
                return false;
            }
        }
    }

    /// <summary>What this process has open in a folder; 0 where the system does not tell.</summary>
    private static int OpenFiles(string folder) => Directory.Exists("/proc/self/fd")
        ? Directory.EnumerateFiles("/proc/self/fd").Count(link => new FileInfo(link).LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true)
        : 0;
}
