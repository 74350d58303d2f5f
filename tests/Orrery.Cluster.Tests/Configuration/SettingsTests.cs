using System.Text.RegularExpressions;
using Orrery.Api.Tests.Support;
using Orrery.ClientApi.Configuration;
using Orrery.Hosting.Settings;
using Orrery.Silo.Configuration;

namespace Orrery.Cluster.Tests.Configuration;

/// <summary>README's tables are what manifests are checked against, so they must be the programs' own.</summary>
public sealed partial class SettingsTests
{
    private static readonly string[] _shared = ["Server", "Cluster", "Admin", "Telemetry"];

    [Fact]
    public void A_silo_reads_what_the_README_says() =>
        Assert.Equal(Rows([.. _shared, "Silo", "Fleet", "Engine", "Vectors", "Pinecone"]), SiloTable.All.Select(setting => (setting.Key, setting.ShortName ?? "")).Order());

    [Fact]
    public void A_front_reads_what_the_README_says()
    {
        string[] engine = ["Engine:DefaultModel", "Engine:DefaultDetectors", "Engine:RequestTimeout"];
        Assert.Equal(
            Rows([.. _shared, "Api", "Vectors", "Pinecone"]).Where(row => row.Key != "Vectors:Shards").Concat(Rows(["Engine"]).Where(row => engine.Contains(row.Key))).Order(),
            FrontTable.All.Select(setting => (setting.Key, setting.ShortName ?? "")).Order());
    }

    [Theory]
    [InlineData("ORRERY__Silo__Device", "abacus", "must be cpu or gpu")]
    [InlineData("SILO_DEVICE", "gpu", "Engine:Devices (DEVICE) is cpu, but Silo:Device (SILO_DEVICE) is gpu")]
    [InlineData("ORRERY__Silo__Address", "here", "must be an IP address")]
    [InlineData("ORRERY__Fleet__MaxReplicas", "0", "must be an integer from 1")]
    [InlineData("ORRERY__Cluster__Membership", "postgres", "is a setting no more: processes find each other in PostgreSQL where Cluster:Database")]
    [InlineData("MEMBERSHIP", "postgres", "MEMBERSHIP is a setting no more")]
    [InlineData("ORRERY__Cluster__Directory", " ", "Cluster:Directory (CLUSTER_DIR) must name a folder")]
    [InlineData("POD_IP", "10.0.0.1", "more than one machine needs PostgreSQL")]
    [InlineData("ORRERY__Api__MaxBodyBites", "5000", "is not a setting")]
    public void A_silo_names_what_makes_no_sense(string name, string value, string reason)
    {
        Assert.False(SiloTable.Reader.TryRead("absent.json", new Dictionary<string, string> { [name] = value }, [], out _, out var error));
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_of_two_replicas_gives_way_to_a_smaller_most_and_a_chosen_least_does_not()
    {
        Assert.Equal(2, Read().Capped.Replicas.MinReplicas);
        Assert.Equal(1, Read(("ORRERY__Fleet__MaxReplicas", "1")).Capped.Replicas.MinReplicas);
        Assert.Equal(1, Read(("ORRERY__Fleet__MinReplicas", "1")).Capped.Replicas.MinReplicas);
        Assert.False(SiloTable.Reader.TryRead(
            "absent.json", new Dictionary<string, string> { ["ORRERY__Fleet__MinReplicas"] = "2", ["ORRERY__Fleet__MaxReplicas"] = "1" }, [], out _, out _, out var error));
        Assert.StartsWith("MinReplicas must be 0 to MaxReplicas (1)", error, StringComparison.Ordinal);

        static SiloSettings Read(params (string Name, string Value)[] environment)
        {
            Assert.True(SiloTable.Reader.TryRead("absent.json", environment.ToDictionary(pair => pair.Name, pair => pair.Value), [], out var settings, out _, out var error), error);
            return settings;
        }
    }

    /// <summary>One environment may be given to all processes.</summary>
    [Fact]
    public void What_one_process_reads_the_others_pass_over()
    {
        var mine = ProcessSettings.Table<SiloSettings>().Select(setting => setting.Key).ToHashSet();
        Assert.Equal(SiloTable.All.Select(setting => setting.Key).Union(FrontTable.All.Select(setting => setting.Key)).Except(mine).Order(), ProjectKeys.All.Order());
        Assert.True(FrontTable.Reader.TryRead("absent.json", new Dictionary<string, string> { ["ORRERY__Fleet__MinReplicas"] = "2" }, [], out _, out var passedOver, out var error), error);
        Assert.Equal(["ORRERY__Fleet__MinReplicas"], passedOver);
        Assert.True(SiloTable.Reader.TryRead("absent.json", new Dictionary<string, string> { ["ORRERY__Api__MaxBodyBytes"] = "5000" }, [], out _, out passedOver, out error), error);
        Assert.Equal(["ORRERY__Api__MaxBodyBytes"], passedOver);
    }

    private static IEnumerable<(string Key, string ShortName)> Rows(string[] sections) =>
        Row().Matches(File.ReadAllText(Repository.Path("README.md")))
            .Select(row => (Key: row.Groups["key"].Value, ShortName: row.Groups["short"].Value))
            .Where(row => sections.Contains(row.Key.Split(':')[0])).Order();

    [GeneratedRegex(@"^\| `(?<key>\w+:\w+)` \|[^|]*\| ?(?<short>\w*) ?\|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
