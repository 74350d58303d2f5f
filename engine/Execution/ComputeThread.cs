using System.Runtime.InteropServices;

namespace Orrery.Engine.Execution;

/// <summary>Threads that compute batches.</summary>
internal static partial class ComputeThread
{
    // Enough for the scheduler to let a thread that answers or refuses a request go first; a busy machine still computes
    // nearly as much, since answering takes little time.
    private const int Niceness = 5;

    /// <summary>Starts a thread that yields to those which serve requests.</summary>
    public static Thread Start(string name, Action work)
    {
        var thread = new Thread(() =>
        {
            // On Linux a priority belongs to the thread, and .NET's own ThreadPriority does nothing there.
            if (OperatingSystem.IsLinux())
                _ = SetPriority(0, 0, Niceness);
            work();
        })
        { IsBackground = true, Name = name, Priority = ThreadPriority.BelowNormal };
        thread.Start();
        return thread;
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
