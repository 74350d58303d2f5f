using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Hosting.Startup;

/// <summary>
/// Gives memory back to the system once a burst is over: the runtime, ONNX Runtime's arena and the C library each keep what they had at the most,
/// since nothing makes them look again while little is asked.
/// </summary>
public sealed partial class IdleMemory(ILogger<IdleMemory> logger) : BackgroundService
{
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(5);

    // Less is not worth a collection.
    private const long Worthwhile = 64 << 20;

    // What is made between two looks while next to nothing is asked.
    private const long Little = 8 << 20;

    /// <summary>Looks every few seconds.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var arena = new ArenaTrim();
        var (last, trimmed) = (GC.GetTotalAllocatedBytes(), GC.GetTotalAllocatedBytes());
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(_look, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var now = GC.GetTotalAllocatedBytes();
            var idle = now - last < Little;
            last = now;
            if (!idle)
                continue;
            // What a run took stays with the arena after it; how much that is nobody tells.
            var returned = GiveBack(arena);
            if (now - trimmed < Worthwhile && returned < Worthwhile)
                continue;
            trimmed = now;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            if (OperatingSystem.IsLinux())
                TrimNative();
        }
    }

    private long GiveBack(ArenaTrim arena)
    {
        try
        {
            return arena.GiveBack();
        }
        catch (OrtException e)
        {
            // It is only tried again: what is in use comes first.
            Log.NotGivenBack(logger, e.Message);
            return 0;
        }
    }

    private static void TrimNative()
    {
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // A C library that keeps nothing: musl's.
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Memory of runs was not given back: {Reason}")]
        public static partial void NotGivenBack(ILogger logger, string reason);
    }
}
