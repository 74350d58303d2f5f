using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors.Embedded;
using Xunit.Abstractions;
using static Orrery.Engine.Tests.Vectors.StoreFixture;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>Files that are damaged, foreign, newer or in use: refused with a reason, and left as they are.</summary>
public sealed class DamageTests(ITestOutputHelper output)
{
    private const int Records = 400;
    private const int Dimension = 24;
    private const string Told = "index 'default' is not served: its file ";

    [Fact]
    public async Task A_byte_that_changed_in_the_file_is_refused_or_changes_no_answer()
    {
        await using var fixture = await MakeAsync();
        await FillAsync(fixture.Store);
        var expected = await DescribeAsync(fixture.Store);
        await fixture.Store.DisposeAsync();
        var file = await File.ReadAllBytesAsync(fixture.File);
        await FlipAsync(expected, new() { [".db"] = file }, ".db", flips: 400);
    }

    [Fact]
    public async Task A_byte_that_changed_in_the_journal_of_a_killed_process_is_refused_or_changes_no_answer()
    {
        await using var fixture = await MakeAsync();
        await FillAsync(fixture.Store);
        var expected = await DescribeAsync(fixture.Store);
        // Damage to the last transaction cannot be told from a loss of power while it was written: let it be one that changes nothing.
        await fixture.UpsertAsync("002", Vector(2), Metadata(2));
        var files = new Dictionary<string, byte[]> { [".db"] = ReadShared(fixture.File), [".db-wal"] = ReadShared(fixture.File + "-wal") };
        await FlipAsync(expected, files, ".db-wal", flips: 200);
    }

    [Fact]
    public async Task A_file_cut_short_is_refused()
    {
        await using var fixture = await MakeAsync();
        await FillAsync(fixture.Store);
        await fixture.Store.DisposeAsync();
        var file = await File.ReadAllBytesAsync(fixture.File);
        foreach (var length in (int[])[0, 50, 100, 20_000, file.Length / 2, file.Length - 1])
            await RefusedAsync(file[..length], "");
    }

    [Fact]
    public async Task A_file_of_another_application_is_refused_by_name()
    {
        await RefusedAsync(Encoding.UTF8.GetBytes(new string('x', 5000)), "no SQLite file");
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1]);
        await fixture.Store.DisposeAsync();
        var file = await File.ReadAllBytesAsync(fixture.File);
        file[68] ^= 1;
        await RefusedAsync(file, "belongs to another application (0x4E727279)");
    }

    [Fact]
    public async Task A_file_of_a_later_version_is_refused_with_both_versions()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1]);
        await fixture.Store.DisposeAsync();
        var file = await File.ReadAllBytesAsync(fixture.File);
        file[63] = 2;
        await RefusedAsync(file, "has version 2, and this program reads version 1");
    }

    [Fact]
    public async Task One_damaged_index_leaves_the_others_served()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1]);
        Must(await fixture.Store.CreateIndexAsync(new() { Name = "other" }, default));
        await fixture.Store.DisposeAsync();
        File.WriteAllText(Path.Combine(fixture.Folder, "other.db"), "damaged");
        await using var store = await OpenAsync(fixture.Options);
        Assert.Equal([("default", true), ("other", false)], Must(await store.ListIndexesAsync(default)).Select(index => (index.Spec.Name, index.Ready)));
        Assert.Equal(InferenceErrorKind.Unavailable, (await store.StatsAsync("other", null, default)).Error!.Kind);
        Assert.Equal(InferenceErrorKind.Unavailable, (await store.DeleteIndexAsync("other", default)).Error!.Kind);
        Assert.Equal(1, Must(await store.StatsAsync("default", null, default)).Namespaces[0].Records);
    }

    [Fact]
    public async Task A_folder_in_use_is_refused_by_name_to_a_second_store_and_a_second_process()
    {
        await using var fixture = await MakeAsync();
        await fixture.UpsertAsync("a", [1]);
        var second = await TryOpenAsync(fixture.Options);
        Assert.Equal(InferenceErrorKind.Unavailable, second.Error!.Kind);
        Assert.Contains($"'{fixture.Folder}' is in use by another process", second.Error.Message, StringComparison.Ordinal);
        using var process = new WriterProcess();
        process.Begin(fixture.Folder, 0);
        Assert.Equal("started", await process.ReadAsync());
        Assert.Contains(fixture.Folder, await process.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused_with_the_reason_and_nobody_else_is_blamed()
    {
        await using var fixture = await MakeAsync();
        await File.WriteAllTextAsync(fixture.Folder, "a file in the folder's place");
        var error = (await fixture.Store.UpsertAsync(Upsert("a", [1]), default)).Error!;
        Assert.Equal(InferenceErrorKind.Unavailable, error.Kind);
        Assert.Contains("the folder of vectors cannot be used: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetDirectoryName(fixture.Folder)!, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("process", error.Message, StringComparison.Ordinal);
    }

    [MountFact]
    public async Task On_a_file_system_that_is_read_only_the_folder_and_the_outbox_are_refused_by_that_name()
    {
        using var mount = Mount.ReadOnly();
        const string Reason = "Read-only file system";
        var opened = await TryOpenAsync(new() { Directory = mount.Folder });
        Assert.Contains(mount.Folder, opened.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(Reason, opened.Error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("process", opened.Error.Message, StringComparison.Ordinal);
        foreach (var path in (string[])[Path.Combine(mount.Folder, "outbox.db"), Path.Combine(mount.Folder, "below", "outbox.db")])
            Assert.Contains(Reason, Engine.Vectors.Outbox.OutboxFile.Open(path, 10, 1_000, TimeProvider.System).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_that_is_met_while_reading_ends_the_serving_of_that_index()
    {
        await using var fixture = await MakeAsync();
        await FillAsync(fixture.Store);
        await fixture.ReopenAsync();
        // Behind the back of the process, and wherever SQLite left a copy.
        var bytes = ReadShared(fixture.File);
        var pattern = System.Runtime.InteropServices.MemoryMarshal.AsBytes(Vector(7).AsSpan()).ToArray();
        using (var file = new FileStream(fixture.File, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            for (var at = bytes.AsSpan().IndexOf(pattern); at >= 0; at = bytes.AsSpan().IndexOf(pattern))
            {
                bytes[at] ^= 0x55;
                file.Position = at;
                file.WriteByte(bytes[at]);
            }
        }

        var answer = await fixture.Store.FetchAsync(new() { Index = IndexName, Ids = ["007"] }, default);
        Assert.Equal(InferenceErrorKind.Unavailable, answer.Error!.Kind);
        Assert.Contains("checksum", answer.Error.Message, StringComparison.Ordinal);
        Assert.Equal(InferenceErrorKind.Unavailable, (await fixture.Store.UpsertAsync(Upsert("b", [1]), default)).Error!.Kind);
        Assert.False(Must(await fixture.Store.FindIndexAsync(IndexName, default)).Ready);
    }

    private async Task FlipAsync(string expected, Dictionary<string, byte[]> files, string which, int flips)
    {
        var random = new Random(3);
        var (refused, harmless) = (0, 0);
        var reasons = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var flip = 0; flip < flips; flip++)
        {
            // The beginnings of pages, where their structure is, as often as all the rest.
            var at = random.Next(files[which].Length);
            if (flip % 2 == 0)
                at = Math.Min(files[which].Length - 1, (at / 16384 * 16384) + random.Next(300));
            var folder = Path.Combine(Repository.Temporary(), "vectors");
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, "default");
            var damaged = files.ToDictionary(file => file.Key, file => (byte[])file.Value.Clone());
            damaged[which][at] ^= (byte)random.Next(1, 256);
            foreach (var (extension, bytes) in damaged)
                await File.WriteAllBytesAsync(path + extension, bytes);
            await using var store = await OpenAsync(new() { Directory = folder });
            if (Must(await store.FindIndexAsync(IndexName, default)).Ready)
            {
                Assert.True(expected == await DescribeAsync(store), $"byte {at}: other answers");
                harmless++;
                await store.DisposeAsync();
                Directory.Delete(folder, true);
                continue;
            }

            refused++;
            var error = (await store.StatsAsync(IndexName, null, default)).Error!;
            Assert.StartsWith(Told, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(folder, error.Message, StringComparison.Ordinal);
            reasons[error.Message[Told.Length..]] = 1;
            await store.DisposeAsync();
            foreach (var (extension, bytes) in damaged)
                Assert.Equal(bytes, await File.ReadAllBytesAsync(path + extension));
            Directory.Delete(folder, true);
        }

        output.WriteLine($"{refused} refused, {harmless} harmless");
        foreach (var reason in reasons.Keys)
            output.WriteLine(reason);
        Assert.True(refused > flips / 10);
    }

    private static async Task RefusedAsync(byte[] file, string reason)
    {
        var folder = Path.Combine(Repository.Temporary(), "vectors");
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, "default.db");
        await File.WriteAllBytesAsync(path, file);
        var store = Must(await EmbeddedStore.OpenAsync(new() { Directory = folder }, NullLoggerFactory.Instance, TimeProvider.System, default));
        await using (store)
        {
            var error = (await store.UpsertAsync(Upsert("a", [1]), default)).Error!;
            Assert.Equal(InferenceErrorKind.Unavailable, error.Kind);
            Assert.StartsWith(Told, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(folder, error.Message, StringComparison.Ordinal);
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            Assert.False(Must(await store.ListIndexesAsync(default))[0].Ready);
        }

        Assert.Equal(file, await File.ReadAllBytesAsync(path));
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static float[] Vector(int record)
    {
        var random = new Random(record);
        return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static string Metadata(int record) => $$"""{"year":{{record % 10}},"name":"n{{record % 7}}","text":"{{new string('t', 50 + (record % 3))}}"}""";

    private static async Task FillAsync(EmbeddedStore store)
    {
        for (var first = 0; first < Records; first += 40)
        {
            foreach (var space in (string[])["", "x"])
            {
                var some = Enumerable.Range(first, 40).Where(record => record % 4 == 0 == (space == "x")).ToList();
                Must(await store.UpsertAsync(
                    new()
                    {
                        Index = IndexName,
                        Namespace = space,
                        Ids = some.ConvertAll(record => $"{record:D3}"),
                        Dimension = Dimension,
                        Values = some.SelectMany(Vector).ToArray(),
                        Metadata = some.ConvertAll(record => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(Metadata(record))),
                    },
                    default));
            }

            Must(await store.DeleteAsync(new() { Index = IndexName, Ids = [$"{first + 1:D3}"] }, default));
        }
    }

    // All that the store can be asked about what is in it.
    private static async Task<string> DescribeAsync(EmbeddedStore store)
    {
        var text = new StringBuilder();
        foreach (var space in (string[])["", "x"])
        {
            var all = Must(await store.FetchAsync(new() { Index = IndexName, Namespace = space, Ids = [.. Enumerable.Range(0, Records).Select(i => $"{i:D3}")] }, default)).Records;
            foreach (var record in all)
                text.Append(record.Id).AppendJoin(',', record.Values.ToArray()).Append(Encoding.UTF8.GetString(record.Metadata.Span));
            text.AppendJoin(',', Must(await store.ListAsync(new() { Index = IndexName, Namespace = space }, default)).Ids);
            foreach (var filter in (string?[])[null, """{"year":{"$gte":5}}""", """{"name":"n3"}""", """{"text":{"$exists":false}}"""])
            {
                var matches = Must(await store.QueryAsync(new() { Index = IndexName, Namespace = space, Vector = Vector(1), TopK = 30, Filter = Filter(filter) }, default)).Matches;
                text.AppendJoin(',', matches.Select(match => (match.Id, match.Score)));
            }
        }

        text.AppendJoin(',', Must(await store.StatsAsync(IndexName, null, default)).Namespaces);
        return text.ToString();
    }
}
