using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Orrery.Hosting.Startup;

/// <summary>How our hosts end: told to, with exit code 0; or because a part of theirs failed, with another, so that whoever started them starts them anew.</summary>
public static class HostEnd
{
    /// <summary>The exit code of a host that stopped for a fault.</summary>
    public const int FaultExitCode = 1;

    /// <summary>Waits until a host has stopped.</summary>
    /// <param name="host">Started, and not disposed yet.</param>
    /// <param name="program">Who says why.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> WaitAsync(IHost host, string program, CancellationToken cancellation)
    {
        // A background service that throws stops its host, which then ends like one that was told to. A service that was cancelled looks the
        // same whoever did it; but where the host does, it has begun to stop before.
        BackgroundService? failed = null;
        using (host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => failed = Find(host, task => task.IsFaulted || task.IsCanceled)))
            await host.WaitForShutdownAsync(cancellation);
        failed ??= Find(host, task => task.IsFaulted);
        if (failed is null)
            return 0;
        Console.Error.WriteLine($"{program}: {failed.GetType().Name} failed: {failed.ExecuteTask!.Exception?.InnerException?.Message ?? "it was cancelled"}");
        return FaultExitCode;
    }

    /// <summary>The exit code of a host that is stopping and whose end is not waited for.</summary>
    public static int CodeOf(IHost host)
    {
        try
        {
            return Find(host, task => task.IsFaulted) is null ? 0 : FaultExitCode;
        }
        catch (ObjectDisposedException)
        {
            // It came to its end just now. What failed was said before.
            return 0;
        }
    }

    private static BackgroundService? Find(IHost host, Func<Task, bool> ended) =>
        host.Services.GetServices<IHostedService>().OfType<BackgroundService>().FirstOrDefault(service => service.ExecuteTask is { } task && ended(task));
}
