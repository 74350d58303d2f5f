using System.Diagnostics;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.OpenAi;

public abstract class RealClientTests(BackendFixture fixture)
{
    [Fact]
    public async Task Is_understood_by_the_openai_package()
    {
        var folder = Repository.Path("tests", "clients", "openai");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "openai")))
            await RunAsync(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        var said = await RunAsync(folder, "node", "check.mjs", fixture.Server.Address.ToString().TrimEnd('/'));
        Assert.Contains("the client understands every answer", said, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string folder, string command, params string[] arguments)
    {
        // On Windows npm is a script, which only the shell finds.
        var shell = OperatingSystem.IsWindows() && command == "npm";
        var start = new ProcessStartInfo(shell ? "cmd.exe" : command, shell ? ["/c", command, .. arguments] : arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}: {await errors}");
        return await output;
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalRealClientTests(LocalFixture fixture) : RealClientTests(fixture);
