using System.Diagnostics;

// One engine, one network of compose.yaml's, two cores: one after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Orrery.Containers.Tests.Support;

/// <summary>What a command said and how it ended.</summary>
internal sealed record Ended(int Code, string Output, string Errors)
{
    public string Said => (Output + Errors).Trim();
}

/// <summary>The engine's command lines, as tests/containers/run names them; <c>docker</c> and <c>docker-compose</c> where it names none.</summary>
internal static class Docker
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    private static readonly string[] _docker = Words("ORRERY_DOCKER", "docker");

    private static readonly string[] _compose = Words("ORRERY_COMPOSE", "docker-compose");

    /// <summary>Runs <c>docker</c>, whatever the end.</summary>
    public static Task<Ended> TryAsync(params string[] arguments) => RunAsync(_docker, arguments);

    /// <summary>Runs <c>docker</c>; that it fails is the test's end.</summary>
    /// <returns>What it printed, without blanks around it.</returns>
    public static async Task<string> DoAsync(params string[] arguments) => Checked(await TryAsync(arguments), "docker", arguments);

    /// <summary>Runs <c>docker-compose</c>; that it fails is the test's end.</summary>
    public static async Task<string> ComposeAsync(params string[] arguments) => Checked(await RunAsync(_compose, arguments), "compose", arguments);

    /// <summary>What a container printed.</summary>
    public static async Task<string> LogsAsync(string container) => (await TryAsync("logs", "--tail", "200", container)).Said;

    private static string Checked(Ended ended, string program, string[] arguments)
    {
        Assert.True(ended.Code == 0, $"{program} {string.Join(' ', arguments)} ended with {ended.Code}: {ended.Said}");
        return ended.Output.Trim();
    }

    private static async Task<Ended> RunAsync(string[] program, string[] arguments)
    {
        var start = new ProcessStartInfo(program[0], [.. program[1..], .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(_patience);
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
            return new(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string[] Words(string variable, string otherwise) => (Environment.GetEnvironmentVariable(variable) ?? otherwise).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
