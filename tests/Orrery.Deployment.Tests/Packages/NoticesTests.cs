using Orrery.Deployment.Tests.Support;
using Orrery.Notices;

namespace Orrery.Deployment.Tests.Packages;

public sealed class NoticesTests
{
    private readonly IReadOnlyList<ShippedPackage> _packages = Shipped.Read(Checkout.Root);

    [Fact]
    public void Say_whose_every_package_is_that_ships_and_under_which_licence()
    {
        var (now, committed) = (NoticesFile.Write(_packages), Checkout.Read(NoticesFile.Name).ReplaceLineEndings("\n"));
        var missing = _packages.Where(package => package.Folder is null).ToList();
        // The GPU build's packages are large and may not be on this machine; what they add stands at the end.
        Assert.All(missing, package => Assert.True(package.GpuOnly, package.Id));
        var differs = now.Zip(committed).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(
            missing.Count == 0 ? now == committed : committed.StartsWith(now, StringComparison.Ordinal),
            $"{NoticesFile.Name} is not what ships: run ./orrery lock. It differs at: {committed[Math.Max(0, differs - 100)..Math.Min(committed.Length, differs + 100)]}");
        Assert.All(_packages, package => Assert.Contains($"\n{NoticesFile.Heading(package)}: ", committed, StringComparison.Ordinal));
    }

    [Fact]
    public void Know_the_programs_packages_and_none_that_only_builds_or_tests()
    {
        var ids = _packages.Select(package => package.Id).ToList();
        Assert.Superset(new HashSet<string> { "Google.Protobuf", "Microsoft.Orleans.Runtime", "Npgsql", "SQLite", "System.CommandLine" }, ids.ToHashSet());
        Assert.DoesNotContain(ids, id => id is "Grpc.Tools" or "xunit" or "FsCheck" || id.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal));
        Assert.Equal(["orrery"], _packages.Single(package => package.Id == "CsvHelper").Programs);
    }

    [Theory]
    [InlineData("standalone/Orrery.Standalone.csproj")]
    [InlineData("silo/Orrery.Silo.csproj")]
    [InlineData("client-api/Orrery.ClientApi.csproj")]
    public async Task Go_with_what_is_published(string project)
    {
        var items = await Msbuild.ItemsAsync(Checkout.File(project), "None");
        Assert.All((string[])["THIRD-PARTY-NOTICES.txt", "LICENSE"], name => Assert.Contains(items, item => item.GetValueOrDefault("Link") == name && item.GetValueOrDefault("CopyToPublishDirectory") == "PreserveNewest" && File.Exists(item["FullPath"])));
    }
}
