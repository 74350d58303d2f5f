using FsCheck;
using FsCheck.Fluent;
using Orrery.Engine;
using Orrery.Hosting.Settings;

namespace Orrery.Hosting.Tests.Settings;

public sealed class ProcessSettingsTests
{
    private static readonly IReadOnlyList<Setting<Process>> _table =
    [
        .. ProcessSettings.Table<Process>(),
        .. EngineTable.All.Select(setting => setting.In<Process>(all => all.Engine, (all, engine) => all with { Engine = engine })),
        .. ClusterOptions.Table.Select(setting => setting.In<Process>(all => all.Cluster, (all, cluster) => all with { Cluster = cluster })),
    ];

    [Fact]
    public void A_process_composes_its_settings_and_keeps_its_own_defaults()
    {
        var settings = Read(("ORRERY__Server__Host", "0.0.0.0"), ("CLUSTER_DATABASE", "Host=x"), ("DEVICE", "cuda,cpu"), ("CLUSTER_ID", "blue"));
        Assert.Equal(8081, settings.Port);
        Assert.Equal("0.0.0.0", settings.Host);
        Assert.Equal(("Npgsql", "Host=x"), (settings.Cluster.Invariant, settings.Cluster.ConnectionString));
        Assert.Equal("blue", settings.Cluster.Id);
        Assert.Equal(["cuda", "cpu"], settings.Engine.Devices);
        var local = Read(("ORRERY__Cluster__Database", ""), ("CLUSTER_DATABASE", "Host=x"), ("CLUSTER_DIR", "/a folder; of one's own")).Cluster;
        Assert.Equal("System.Data.SQLite", local.Invariant);
        Assert.Equal("/a folder; of one's own/cluster.db", new System.Data.Common.DbConnectionStringBuilder { ConnectionString = local.ConnectionString }["Data Source"]);
    }

    [Theory]
    [InlineData("MEMBERSHIP", "postgres", "CLUSTER_DATABASE")]
    [InlineData("GATEWAYS", "127.0.0.1:30000", "CLUSTER_DIR")]
    [InlineData("ORRERY__Cluster__PrimarySilo", "127.0.0.1:11111", "a setting no more")]
    [InlineData("CLUSTER_DIR", " ", "a folder")]
    [InlineData("ORRERY__Api__AutoTrunkate", "true", "is not a setting")]
    [InlineData("ORRERY__Fleet__MinReplika", "2", "is not a setting")]
    public void Names_what_is_wrong_and_what_is_expected(string name, string value, string expected)
    {
        Assert.False(Reader().TryRead("none.json", new Dictionary<string, string> { [name] = value }, [], out _, out var error));
        Assert.Contains(name, error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Passes_over_by_name_what_another_process_reads_and_refuses_it_as_a_flag()
    {
        var name = $"settings-{Guid.NewGuid():N}.json";
        File.WriteAllText(name, """{"Engine":{"Sessions":3}}""");
        try
        {
            var reader = new SettingReader<Process>([.. _table.Where(setting => !setting.Key.StartsWith("Engine:S", StringComparison.Ordinal))], _ => null);
            var environment = new Dictionary<string, string> { ["ORRERY__Fleet__MinReplicas"] = "no number", ["orrery__api__autotruncate"] = "true", ["PORT"] = "77" };
            Assert.True(reader.TryRead(name, environment, [], out var settings, out var passedOver, out var error), error);
            Assert.Equal([$"{name}: Engine:Sessions", "ORRERY__Fleet__MinReplicas", "orrery__api__autotruncate"], passedOver);
            Assert.Equal((77, 0), (settings.Port, settings.Engine.Sessions));
            Assert.False(reader.TryRead("none.json", new Dictionary<string, string>(), [new("Fleet:MinReplicas", "1")], out _, out error));
            Assert.Contains("Fleet:MinReplicas is not a setting", error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public void Never_tells_a_secret_that_is_refused()
    {
        Assert.False(Reader().TryRead("none.json", new Dictionary<string, string> { ["ADMIN_TOKEN"] = "hush hush hush hush" }, [], out _, out var error));
        Assert.Contains("ADMIN_TOKEN", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", error, StringComparison.Ordinal);
        Assert.Equal("hush-hush-hush-hush", Read(("ADMIN_TOKEN", "hush-hush-hush-hush")).Admin.Token);
    }

    [Fact]
    public void Reads_the_file_from_the_working_directory()
    {
        // A name that is only there, and not beside the program.
        var name = $"settings-{Guid.NewGuid():N}.json";
        File.WriteAllText(name, """{"Server":{"Port":77},"Api":{"of":"another process"}}""");
        try
        {
            Assert.True(Reader().TryRead(name, new Dictionary<string, string>(), [], out var settings, out var error), error);
            Assert.Equal(77, settings.Port);
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Fact]
    public void Whatever_a_value_is_it_is_taken_or_refused_by_name() =>
        Prop.ForAll(Gen.Elements(_table.Select(setting => setting.Key)).ToArbitrary(), ArbMap.Default.ArbFor<string>(), (key, value) =>
            Reader().TryRead("none.json", new Dictionary<string, string>(), [new(key, value ?? "")], out _, out var error)
            || error.Contains(key[(key.IndexOf(':', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal)).QuickCheckThrowOnFailure();

    private static SettingReader<Process> Reader() => new(_table, all => all.Engine.Validate() ?? all.Cluster.Validate(), ClusterOptions.Former);

    private static Process Read(params (string Name, string Value)[] environment)
    {
        Assert.True(Reader().TryRead("none.json", environment.ToDictionary(pair => pair.Name, pair => pair.Value), [], out var settings, out var error), error);
        return settings;
    }

    private sealed record Process : ProcessSettings
    {
        public Process() => Port = 8081;

        public EngineOptions Engine { get; init; } = new();

        public ClusterOptions Cluster { get; init; } = new();
    }
}
