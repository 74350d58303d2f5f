using System.Diagnostics;

namespace Orrery.Api.Tests.Support;

/// <summary>Runs the check of a client from npm, under <c>tests/clients</c>, against a server.</summary>
internal static class NpmClient
{
    /// <summary>Installs the client when it is not there, and runs its check.</summary>
    /// <param name="client">The folder.</param>
    /// <param name="package">The package that it needs.</param>
    /// <param name="arguments">The server's address, and what else the check takes.</param>
    public static async Task CheckAsync(string client, string package, params string[] arguments)
    {
        var folder = Repository.Path("tests", "clients", client);
        if (!Directory.Exists(Path.Combine(folder, "node_modules", package)))
            await RunAsync(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        var said = await RunAsync(folder, "node", ["check.mjs", .. arguments]);
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
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
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
