using Orrery.Engine.Tests.Support;
using Xunit.Abstractions;
using static Orrery.Engine.Tests.Vectors.StoreFixture;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>A disk that is really full: a file system of a few megabytes in memory.</summary>
public sealed class FullDiskTests(ITestOutputHelper output)
{
    private const int Dimension = 64;

    [MountFact]
    public async Task On_a_full_disk_writes_are_refused_by_file_and_reason_and_succeed_again_when_there_is_room()
    {
        using var disk = Mount.OfMegabytes(4);
        var ballast = Path.Combine(disk.Folder, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[2 << 20]);
        var options = new Engine.Vectors.VectorOptions { Directory = Path.Combine(disk.Folder, "vectors") };
        var written = 0;
        await using (var store = await OpenAsync(options))
        {
            InferenceError? error = null;
            while (error is null)
                error = (await store.UpsertAsync(Upsert($"{written++}", Vector(written)), default)).Error;
            written--;
            Assert.Equal(InferenceErrorKind.Unavailable, error.Kind);
            Assert.Contains("index 'default'", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(options.Directory, error.Message, StringComparison.Ordinal);
            output.WriteLine(error.Message);
            await CheckAsync(store, written);
            Assert.NotNull((await store.UpsertAsync(Upsert("more", Vector(0)), default)).Error);

            File.Delete(ballast);
            Must(await store.UpsertAsync(Upsert($"{written++}", Vector(written)), default));
            await CheckAsync(store, written);
        }

        await using var again = await OpenAsync(options);
        await CheckAsync(again, written);
    }

    private static async Task CheckAsync(Engine.Vectors.Embedded.EmbeddedStore store, int written)
    {
        Assert.Equal(written, Must(await store.StatsAsync(IndexName, null, default)).Namespaces[0].Records);
        for (var i = 0; i < written; i += 100)
        {
            var records = Must(await store.FetchAsync(new() { Index = IndexName, Ids = [.. Enumerable.Range(i, Math.Min(100, written - i)).Select(id => $"{id}")] }, default)).Records;
            Assert.Equal(Math.Min(100, written - i), records.Count);
            Assert.All(records, record => Assert.Equal(Vector(int.Parse(record.Id, System.Globalization.CultureInfo.InvariantCulture) + 1), record.Values.ToArray()));
        }
    }

    private static float[] Vector(int record) => [.. Enumerable.Range(0, Dimension).Select(i => (float)(record * i))];
}
