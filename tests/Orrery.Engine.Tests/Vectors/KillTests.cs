using System.Text.Json;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;
using Xunit.Abstractions;
using static Orrery.Engine.Tests.Vectors.StoreFixture;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>A real process is killed while it writes, and what it had acknowledged is looked for.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Kills = 200;
    private const int Lanes = 2;

    [Fact]
    public async Task Whatever_was_acknowledged_is_there_and_whole_after_each_of_200_kills()
    {
        var acknowledged = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => KillAgainAndAgainAsync(lane))));
        output.WriteLine($"{acknowledged.Sum()} batches of {GroupVersions.Records} were acknowledged by {Kills} processes");
        Assert.True(acknowledged.Sum() > Kills, "the processes were killed before they wrote");
    }

    [Fact]
    public async Task A_file_that_may_grow_no_more_refuses_what_it_cannot_take_and_keeps_what_it_took()
    {
        if (OperatingSystem.IsWindows())
        {
            output.WriteLine("skipped: limits of files are set by a POSIX shell");
            return;
        }

        var options = new VectorOptions { Directory = Path.Combine(Repository.Temporary(), "vectors") };
        var versions = new GroupVersions();
        // In blocks of 512 bytes. Without the trap the system ends the process; .NET maps memory through a large file unless told not to.
        using var writer = new WriterProcess("trap '' XFSZ; export DOTNET_EnableWriteXorExecute=0; ulimit -f 1500");
        writer.Begin(options.Directory, 0);
        while (versions.Failures < 20 && await writer.ReadAsync() is { } line)
            versions.Read(line);
        await writer.KillAsync(versions);
        output.WriteLine(versions.LastFailure);
        Assert.True(versions.Failures >= 20);
        Assert.Contains("index 'default'", versions.LastFailure, StringComparison.Ordinal);
        Assert.DoesNotContain(options.Directory, versions.LastFailure, StringComparison.Ordinal);

        await using var store = await OpenAsync(options);
        await CheckAsync(store, versions);
        Must(await store.UpsertAsync(Upsert("more", new float[16]), default));
    }

    private static async Task<int> KillAgainAndAgainAsync(int lane)
    {
        var random = new Random(lane);
        var options = new VectorOptions { Directory = Path.Combine(Repository.Temporary(), "vectors") };
        var versions = new GroupVersions();
        var acknowledged = 0;
        var next = new WriterProcess();
        for (var kill = 0; kill < Kills / Lanes; kill++)
        {
            using var writer = next;
            // The next one starts while this one is killed and looked after.
            next = new WriterProcess();
            Assert.Equal("started", await writer.ReadAsync());
            writer.Begin(options.Directory, versions.Largest);
            // Some are killed while they open, most at some line while they write.
            for (var lines = random.Next(5) == 0 ? 0 : random.Next(1, 80); lines > 0 && await writer.ReadAsync() is { } line; lines--)
            {
                Assert.DoesNotContain("refused", line, StringComparison.Ordinal);
                versions.Read(line);
            }

            await Task.Delay(random.Next(4));
            await writer.KillAsync(versions);
            Assert.Equal(0, versions.Failures);
            await using var store = await OpenAsync(options);
            acknowledged += await CheckAsync(store, versions);
        }

        next.Dispose();
        return acknowledged;
    }

    // Returns how many groups have another version than the last time, and takes what is there for acknowledged.
    private static async Task<int> CheckAsync(EmbeddedStore store, GroupVersions versions)
    {
        var changed = 0;
        var there = 0;
        for (var group = 0; group < GroupVersions.Groups; group++)
        {
            var ids = Enumerable.Range(0, GroupVersions.Records).Select(record => $"{group}-{record}").ToArray();
            var records = Must(await store.FetchAsync(new() { Index = IndexName, Ids = ids }, default)).Records;
            there += records.Count;
            Assert.True(records.Count is 0 or GroupVersions.Records, $"group {group} is torn: {records.Count} records");
            var (last, begun) = (versions.Acknowledged[group], versions.Begun[group]);
            if (records.Count == 0)
            {
                Assert.True(last == 0 || !GroupVersions.IsThere(last) || (begun > last && !GroupVersions.IsThere(begun)), $"group {group}: version {last} was acknowledged and is lost");
                versions.Acknowledged[group] = versions.Begun[group] = begun > last && !GroupVersions.IsThere(begun) ? begun : last;
                continue;
            }

            var version = Version(records[0]);
            Assert.All(records, record => Assert.True(Version(record) == version && record.Values.ToArray().All(value => value == version), $"{record.Id} is torn"));
            Assert.True(version == last || version == begun, $"group {group} has version {version}, {last} was acknowledged and {begun} begun");
            changed += version != last || begun != last ? 1 : 0;
            versions.Acknowledged[group] = versions.Begun[group] = version;
            var matches = Must(await store.QueryAsync(
                new() { Index = IndexName, Vector = records[0].Values, TopK = 100, Filter = Filter($$"""{"version":{{version}}}""") }, default)).Matches;
            Assert.Equal(ids.Order(StringComparer.Ordinal), matches.Select(match => match.Id));
        }

        var stats = Must(await store.StatsAsync(IndexName, null, default));
        Assert.Equal(there, stats.Namespaces.Sum(space => space.Records));
        return changed;
    }

    private static long Version(VectorRecord record)
    {
        using var metadata = JsonDocument.Parse(record.Metadata);
        return metadata.RootElement.GetProperty("version").GetInt64();
    }
}
