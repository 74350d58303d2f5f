using System.CommandLine;
using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Orrery.Hosting.Startup;
using Spectre.Console;

namespace Orrery.Standalone.Cluster;

/// <summary>orrery cluster up: a whole cluster of real processes on this machine, until Ctrl-C.</summary>
internal static class ClusterCommand
{
    private const string Apps = "ORRERY_CLUSTER_APPS";
    private static readonly TimeSpan _refresh = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var cpu = Count("--cpu", "Silos on the processor.", 2);
        var gpu = Count("--gpu", "Silos on an accelerator.", 0);
        var fronts = Count("--fronts", "Fronts.", 1);
        var port = Count("--port", "The first front's port.", 8080);
        var models = new Option<string[]>("--models") { Description = "A model's directory, or one that holds models; may be given several times." };
        var logs = new Option<string?>("--logs") { Description = "The folder for the processes' logs; a new one for temporary files without it." };
        var directory = new Option<string>("--directory") { Description = "The folder for what the cluster remembers: its members, and which models it serves. (cluster)", DefaultValueFactory = _ => "cluster" };
        var grace = new Option<TimeSpan>("--grace") { Description = "How long a process may take to end (00:00:30).", DefaultValueFactory = _ => TimeSpan.FromSeconds(30) };
        var up = new Command("up", "Starts silos and fronts on this machine and shows them until Ctrl-C.") { cpu, gpu, fronts, port, models, directory, logs, grace };
        up.SetAction((parsed, cancellation) =>
        {
            var folders = (parsed.GetValue(models) ?? []).Select(Path.GetFullPath).ToArray();
            var size = new ClusterSize(parsed.GetValue(cpu), parsed.GetValue(gpu), parsed.GetValue(fronts), parsed.GetValue(port), folders, parsed.GetValue(grace), Path.GetFullPath(parsed.GetValue(directory)!));
            return Check(size) is { } wrong ? Task.FromResult(Refusal.Say(wrong)) : RunAsync(size, parsed.GetValue(logs), cancellation);
        });
        return new Command("cluster", "An Orleans cluster on this machine.") { up };

        static Option<int> Count(string name, string description, int otherwise) =>
            new(name) { Description = $"{description} ({otherwise.ToString(CultureInfo.InvariantCulture)})", DefaultValueFactory = _ => otherwise };
    }

    private static string? Check(ClusterSize size)
    {
        if (size.Cpu is < 0 or > 64 || size.Gpu is < 0 or > 64 || size.Cpu + size.Gpu == 0)
            return "--cpu and --gpu must be 0 to 64 silos each, and one at least together";
        if (size.Fronts is < 1 or > 64)
            return $"--fronts must be 1 to 64, not {size.Fronts}";
        if (size.Port is < 1 or > 65535)
            return $"--port must be 1 to 65535, not {size.Port}";
        if (size.Grace <= TimeSpan.Zero)
            return $"--grace must be a positive time as hours:minutes:seconds, not {size.Grace}";
        if (size.Models.FirstOrDefault(folder => !Directory.Exists(folder)) is { } missing)
            return $"--models: {missing} does not exist";
        return FreePorts.IsTaken(size.Port) ? $"cannot listen on 127.0.0.1:{size.Port}: the port is taken" : null;
    }

    private static async Task<int> RunAsync(ClusterSize size, string? logs, CancellationToken cancellation)
    {
        if (Environment.GetEnvironmentVariable(Apps) is not { Length: > 0 } apps)
            return Refusal.Say($"{Apps} must name the folder with the programs silo/orrery-silo and front/orrery-front; ./orrery cluster builds them and sets it");
        var plans = ClusterPlan.Make(size, Path.GetFullPath(apps), FreePorts.Find(size.FreePorts));
        if (plans.FirstOrDefault(plan => !File.Exists(plan.Program)) is { } absent)
            return Refusal.Say($"{Apps}: there is no program {absent.Program}");
        using var held = ClusterFolder.Take(size.Directory, out var wrong);
        if (held is null)
            return Refusal.Say(wrong);
        var folder = logs is null ? Directory.CreateTempSubdirectory("orrery-cluster-").FullName : Directory.CreateDirectory(logs).FullName;

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var hurry = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        using var cluster = new LocalCluster(plans, folder, size.Grace);
        try
        {
            await ShowAsync(cluster, folder, stop.Token, hurry.Token);
        }
        catch (Win32Exception e)
        {
            return Refusal.Say(e.Message);
        }

        Console.WriteLine(stop.IsCancellationRequested ? "All processes have ended." : $"No process is left; their logs are in {folder}");
        return stop.IsCancellationRequested ? 0 : 1;

        // The first time all end in order, the second time at once.
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            (stop.IsCancellationRequested ? hurry : stop).Cancel();
        }
    }

    private static async Task ShowAsync(LocalCluster cluster, string logs, CancellationToken stop, CancellationToken hurry)
    {
        if (!Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive)
        {
            await AnsiConsole.Live(new Text("")).StartAsync(live => WatchAsync(cluster, statuses => live.UpdateTarget(ClusterView.Table(statuses, logs)), stop, hurry));
            return;
        }

        Console.WriteLine($"Logs: {logs}. Ctrl-C stops all.");
        await WatchAsync(cluster, new ClusterView(Console.Out).WriteChanges, stop, hurry);
    }

    /// <summary>Shows the cluster from before its first process until after its last.</summary>
    private static async Task WatchAsync(LocalCluster cluster, Action<IReadOnlyList<ProcessStatus>> show, CancellationToken stop, CancellationToken hurry)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(told.SetResult);
        try
        {
            cluster.Start();
            await ShowUntilAsync(() => stop.IsCancellationRequested || !cluster.IsRunning, told.Task);
        }
        finally
        {
            var stopping = cluster.StopAsync(hurry);
            await ShowUntilAsync(() => stopping.IsCompleted, stopping);
            await stopping;
        }

        async Task ShowUntilAsync(Func<bool> done, Task wake)
        {
            var last = false;
            while (!last)
            {
                // Once more when it is done, to show how it ended.
                last = done();
                show(await cluster.ObserveAsync(CancellationToken.None));
                if (!last)
                    await Task.WhenAny(wake, Task.Delay(_refresh, CancellationToken.None));
            }
        }
    }
}
