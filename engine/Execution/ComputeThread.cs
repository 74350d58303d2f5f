using System.Runtime.ExceptionServices;
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

    /// <summary>Does work on threads like these, and waits for all of them. What one throws is thrown here: on its own thread it would end the process.</summary>
    /// <param name="name">The threads'.</param>
    /// <param name="threads">How many.</param>
    /// <param name="work">Is told which of them it is on.</param>
    public static void RunAll(string name, int threads, Action<int> work)
    {
        ExceptionDispatchInfo? failure = null;
        var all = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            var own = i;
            all[i] = Start(name, () =>
            {
                try
                {
                    work(own);
                }
                catch (Exception e)
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
                }
            });
        }

        foreach (var thread in all)
            thread.Join();
        failure?.Throw();
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
