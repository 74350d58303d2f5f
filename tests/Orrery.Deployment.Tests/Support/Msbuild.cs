using System.Diagnostics;
using System.Text.Json;

namespace Orrery.Deployment.Tests.Support;

/// <summary>Asks MSBuild what a project evaluates to.</summary>
internal static class Msbuild
{
    /// <summary>The project's items of a kind, as their metadata.</summary>
    public static async Task<IReadOnlyList<IReadOnlyDictionary<string, string>>> ItemsAsync(string project, string kind)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["msbuild", project, $"-getItem:{kind}", "-nologo"]) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said);
        using var document = JsonDocument.Parse(said);
        return [.. document.RootElement.GetProperty("Items").GetProperty(kind).EnumerateArray().Select(item => item.Deserialize<Dictionary<string, string>>()!)];
    }
}
