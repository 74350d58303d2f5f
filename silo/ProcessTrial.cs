using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine;
using Orrery.Grains.Replicas;
using Orrery.Hosting.Startup;
using Orrery.Silo.Configuration;

namespace Orrery.Silo;

/// <summary>Tries a version in a process of this program, which is told to load it and end.</summary>
internal sealed class ProcessTrial : IModelTrial
{
    /// <summary>The flag that such a process is started with, before the model's name and its directory.</summary>
    public const string Flag = "--try";

    // 128 and the signal's number, as shells count.
    private const int Killed = 128 + 9;

    // What is not loaded by then ends no process, but takes its time.
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public async Task<TrialEnd?> RunAsync(string name, string directory, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(_longest);
        using var process = Process.Start(GuardedProcess.Start(Environment.ProcessPath!, [.. Program(), Flag, name, directory]))!;
        try
        {
            await process.WaitForExitAsync(stop.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            return new TrialEnd($"it was not done after {_longest.TotalMinutes:0} minutes", ByVersion: false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return process.ExitCode switch
        {
            0 or Refusal.ExitCode => null,
            Killed => new TrialEnd("it was killed, maybe for want of memory", ByVersion: false),
            var code => new TrialEnd($"exit code {code}", ByVersion: true),
        };
    }

    /// <summary>What the process does: loads the version as this machine's settings say.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> TryAsync(SiloSettings settings, string name, string directory, CancellationToken cancellation)
    {
        var options = settings.Role.Engine.Only(new NamedDirectory(name, Path.GetFullPath(directory)), []);
        await using var backend = await LocalBackend.CreateAsync(options, NullLoggerFactory.Instance, TimeProvider.System, cancellation);
        return (await backend.LoadAsync(name, cancellation)).Error is { } refused ? Refusal.Say(refused.Message, SiloHost.Program) : 0;
    }

    /// <summary>What the program of this process is told first where it is .NET's host.</summary>
    private static string[] Program() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "orrery-silo.dll")] : [];
}
