using System.Diagnostics;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Packages;

/// <summary>What a package with a known vulnerability does to a restore under this checkout's settings, asked of NuGet itself.</summary>
public sealed class AuditTests : IDisposable
{
    private static readonly string[] _advisories = ["NU1901", "NU1902", "NU1903", "NU1904"];

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-audit-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true, "error")]
    [InlineData(false, "warning")]
    public async Task A_known_vulnerability_stops_CI_and_warns_elsewhere(bool ci, string kind)
    {
        using var feed = new AdvisoryFeed(advisories: true);
        var (code, said) = await RestoreAsync(ci, $"""<packageSources><clear /><add key="feed" value="{feed.Address}" allowInsecureConnections="true" /></packageSources>""");
        Assert.All(_advisories, advisory => Assert.Contains($"{kind} {advisory}", said, StringComparison.Ordinal));
        Assert.Equal(ci, code != 0);
    }

    [Fact]
    public async Task A_source_without_advisories_stops_nobody()
    {
        using var feed = new AdvisoryFeed(advisories: false);
        var source = $"""<add key="feed" value="{feed.Address}" allowInsecureConnections="true" />""";
        var (code, said) = await RestoreAsync(ci: true, $"<packageSources><clear />{source}</packageSources><auditSources><clear />{source}</auditSources>");
        Assert.Contains("warning NU1905", said, StringComparison.Ordinal);
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task A_source_that_cannot_tell_its_advisories_stops_nobody()
    {
        using var feed = new AdvisoryFeed(advisories: true, broken: true);
        var (code, said) = await RestoreAsync(ci: true, $"""<packageSources><clear /><add key="feed" value="{feed.Address}" allowInsecureConnections="true" /></packageSources>""");
        Assert.Contains("warning NU1900", said, StringComparison.Ordinal);
        Assert.True(code == 0, said);
    }

    /// <summary>Restores a project of its own under this checkout's Directory.Build.props, with its own packages and without its lock files.</summary>
    private async Task<(int Code, string Said)> RestoreAsync(bool ci, string sources)
    {
        Write("Directory.Build.props", $"""<Project><Import Project="{Checkout.File("Directory.Build.props")}" /></Project>""");
        Write("nuget.config", $"<configuration>{sources}</configuration>");
        var references = AdvisoryFeed.Packages.Select(id => $"""<PackageReference Include="{id}" Version="1.0.0" />""");
        Write("Audited.csproj", $"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>{string.Concat(references)}</ItemGroup></Project>""");
        var start = new ProcessStartInfo("dotnet", ["restore", "--nologo", "-p:RestorePackagesWithLockFile=false", "-p:RestoreLockedMode=false"])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CI"] = ci ? "true" : "";
        start.Environment["NUGET_PACKAGES"] = Path.Combine(_folder, "packages");
        start.Environment["NUGET_HTTP_CACHE_PATH"] = Path.Combine(_folder, "http");
        start.Environment["NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        // What this process was told by the SDK that runs it is not for another one.
        start.Environment.Remove("MSBuildSDKsPath");
        start.Environment.Remove("MSBUILD_EXE_PATH");
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said + await errors);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
