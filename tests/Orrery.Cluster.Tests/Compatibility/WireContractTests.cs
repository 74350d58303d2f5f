using System.Reflection;
using Orleans.Serialization.Invocation;
using Orrery.Api.Tests.Support;
using Orrery.Cluster.Tests.Support;
using Orrery.Grains.Registry;
using Orrery.Grains.Replicas;
using Orrery.Interfaces;

namespace Orrery.Cluster.Tests.Compatibility;

/// <summary>
/// While a cluster is updated, silos and fronts of two versions live side by side. What they say to each other is checked in beside this, in
/// <c>wire-contract.txt</c>. Lines may be added to it: set <c>ORRERY_WRITE_CONTRACT=1</c> and run this once. None may go or change.
/// </summary>
public sealed class WireContractTests
{
    private static readonly string _file = Repository.Path("tests", "Orrery.Cluster.Tests", "Compatibility", "wire-contract.txt");

    [Fact]
    public async Task A_version_understands_the_one_before_it()
    {
        await using var fleet = await TestFleet.StartAsync([new SiloRole { Engine = new() { ModelDirectories = [] } }]);
        var now = WireContract.Of(fleet.Cluster.Silos[0].ServiceProvider);
        if (Environment.GetEnvironmentVariable("ORRERY_WRITE_CONTRACT") == "1")
            await File.WriteAllLinesAsync(_file, now);
        if (Breaks(await File.ReadAllLinesAsync(_file), now) is { } broken)
            Assert.Fail(broken);
    }

    [Fact]
    public void What_would_break_an_update_is_said_and_what_is_new_is_asked_for()
    {
        string[] before = ["json A x is Int32", "type a", "type a member 0 is Int32"];
        Assert.Null(Breaks(before, before));
        Assert.Contains("type a member 0 is Int32", Breaks(before, ["json A x is Int32", "type a", "type a member 0 is Int64"]), StringComparison.Ordinal);
        Assert.Contains("ORRERY_WRITE_CONTRACT", Breaks(before, [.. before, "type a member 1 is Int32"]), StringComparison.Ordinal);
        // A reader of JSON refuses what lacks a required member, which those before did not write.
        Assert.Contains("must not be required", Breaks(before, [.. before, "json A y is required Int32"]), StringComparison.Ordinal);
        Assert.DoesNotContain("must not be required", Breaks(before, [.. before, "json B y is required Int32"]), StringComparison.Ordinal);
        Assert.Contains("[Alias]", Breaks(before, [.. before, "type B.C WITHOUT AN ALIAS"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Methods_go_over_the_wire_by_their_aliases()
    {
        // What Orleans generated, rather than what the attributes promise.
        foreach (var grain in ((Assembly[])[typeof(IModelGrain).Assembly, typeof(RegistryGrain).Assembly]).SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable))))
        {
            var calls = grain.Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(IInvokable)))
                .SelectMany(type => type.GetCustomAttributes<CompoundTypeAliasAttribute>())
                .Where(alias => alias.Components.Contains(grain))
                .Select(alias => alias.Components[^1]).Distinct().Order();
            Assert.Equal(grain.GetMethods().Select(method => (object)method.GetCustomAttribute<AliasAttribute>()!.Alias).Order(), calls);
        }
    }

    /// <summary>What is wrong with a change, for whoever made it; null when nothing is.</summary>
    private static string? Breaks(string[] before, IReadOnlyList<string> now)
    {
        var gone = before.Except(now, StringComparer.Ordinal).ToList();
        var added = now.Except(before, StringComparer.Ordinal).ToList();
        var known = before.Where(line => line.StartsWith("json ", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]).ToHashSet(StringComparer.Ordinal);
        var required = added.Where(line => line.Contains(" is required ", StringComparison.Ordinal) && known.Contains(line.Split(' ')[1])).ToList();
        var nameless = now.Where(line => line.Contains("WITHOUT AN ALIAS", StringComparison.Ordinal)).ToList();
        var told = new List<string>();
        if (nameless.Count > 0)
            told.Add($"These need an [Alias], or renaming them would break an update:\n  {string.Join("\n  ", nameless)}");
        if (gone.Count > 0)
            told.Add($"A silo or front of the version before says or reads these, and would not be understood during an update. Keep them; what is new gets a new id, name or type beside them:\n  {string.Join("\n  ", gone)}");
        if (required.Count > 0)
            told.Add($"The version before does not write these, so they must not be required:\n  {string.Join("\n  ", required)}");
        if (told.Count == 0 && added.Count > 0)
            told.Add($"New, and harmless to the version before as long as nothing needs them. Add them to the list by running this test with ORRERY_WRITE_CONTRACT=1:\n  {string.Join("\n  ", added)}");
        return told.Count == 0 ? null : string.Join("\n", told);
    }
}
