using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Packages;

public sealed partial class LockTests
{
    /// <summary>What ./orrery publishes for on the machines that it knows, the images, and Windows.</summary>
    private static readonly string[] _platforms = ["linux-arm64", "linux-x64", "osx-arm64", "osx-x64", "win-arm64", "win-x64"];

    public static TheoryData<string> Projects =>
        [.. Project().Matches(Checkout.Read("Cluster.sln")).Select(match => match.Groups[1].Value.Replace('\\', '/')).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_is_locked_for_every_platform_that_is_published(string project)
    {
        foreach (var name in Locks(project))
        {
            var path = Checkout.File(Path.GetDirectoryName(project)!, name);
            Assert.True(File.Exists(path), $"{path} is not there: run ./orrery lock");
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            var locked = file.RootElement.GetProperty("dependencies").EnumerateObject().Select(target => target.Name.Split('/')).Where(target => target.Length == 2).Select(target => target[1]);
            Assert.Equal(_platforms, locked.Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData("orrery")]
    [InlineData("tests/run")]
    [InlineData("Dockerfile")]
    [InlineData(".ci/run")]
    public void No_command_but_the_one_for_it_writes_a_lock_file(string script)
    {
        var lines = Checkout.Read(script.Split('/')).Split('\n').Where(line => Writes().IsMatch(line)).ToList();
        Assert.Equal(script == "orrery" ? 2 : 0, lines.Count);
        Assert.All(lines, line => Assert.Contains("--force-evaluate", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_restore_is_locked_unless_it_says_otherwise()
    {
        var properties = XDocument.Load(Checkout.File("Directory.Build.props")).Descendants().Where(element => !element.HasElements).ToLookup(element => element.Name.LocalName);
        Assert.Equal("true", Assert.Single(properties["RestorePackagesWithLockFile"]).Value);
        var locked = Assert.Single(properties["RestoreLockedMode"]);
        Assert.Equal("true", locked.Value);
        Assert.Equal("'$(RestoreLockedMode)' == ''", (string?)locked.Attribute("Condition"));
    }

    /// <summary>Programs and tests have other packages with CUDA.</summary>
    private static string[] Locks(string project)
    {
        var xml = XDocument.Load(Checkout.File(project));
        var runs = (string?)xml.Root!.Attribute("Sdk") == "Microsoft.NET.Sdk.Web" || xml.Descendants("OutputType").Any(type => type.Value == "Exe") || project.EndsWith(".Tests.csproj", StringComparison.Ordinal);
        return runs && !xml.Descendants("RunsOnnxRuntime").Any(value => value.Value == "false") ? ["packages.lock.json", "packages.gpu.lock.json"] : ["packages.lock.json"];
    }

    [GeneratedRegex(@"""([^""]+\.csproj)""")]
    private static partial Regex Project();

    [GeneratedRegex(@"RestoreLockedMode|--force-evaluate|--use-lock-file|RestorePackagesWithLockFile|UpdateLock")]
    private static partial Regex Writes();
}
