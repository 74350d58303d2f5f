using System.Diagnostics;
using System.Runtime.InteropServices;
using Orrery.Hosting.Startup;

namespace Orrery.Standalone.Cluster;

/// <summary>A process that was started here, and ends with this one: its log goes to a file, its last lines are kept.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int KeptLines = 8;
    private const int Terminated = 15;

    // A session of its own: Ctrl-C at a terminal goes to all processes of the session's foreground group, and fronts are to end before silos.
    private const string Session = "/usr/bin/setsid";

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Queue<string> _last = new();

    private ChildProcess(ProcessPlan plan, Process process, StreamWriter log)
    {
        Plan = plan;
        _process = process;
        _log = log;
    }

    public ProcessPlan Plan { get; }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>The exit code, 128 and the signal's number for one that a signal ended; null while it runs.</summary>
    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>Bytes in RAM; 0 once it has ended.</summary>
    public long Memory
    {
        get
        {
            try
            {
                _process.Refresh();
                return _process.HasExited ? 0 : _process.WorkingSet64;
            }
            catch (InvalidOperationException)
            {
                // It ended between the two.
                return 0;
            }
        }
    }

    /// <summary>What it said last, oldest line first.</summary>
    public string[] LastLines
    {
        get
        {
            lock (_last)
                return [.. _last];
        }
    }

    /// <summary>Starts one.</summary>
    /// <param name="plan">The program and what it is told.</param>
    /// <param name="logs">The folder for its log.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static ChildProcess Start(ProcessPlan plan, string logs)
    {
        var start = GuardedProcess.Start(plan.Program, [], File.Exists(Session) ? [Session] : null);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        foreach (var name in start.Environment.Keys.Where(name => IsForeign(plan, name)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in plan.Settings)
            start.Environment[name] = value;
        var log = new StreamWriter(Path.Combine(logs, plan.Name + ".log"), append: true) { AutoFlush = true };
        var child = new ChildProcess(plan, new Process { StartInfo = start }, log);
        child._process.OutputDataReceived += child.Keep;
        child._process.ErrorDataReceived += child.Keep;
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Asks it to end, by SIGTERM.</summary>
    public void Terminate()
    {
        if (_process.HasExited)
            return;
        if (OperatingSystem.IsWindows())
            _process.Kill();
        else
            // Nothing to do when it fails: it has ended meanwhile.
            _ = Signal(_process.Id, Terminated);
    }

    /// <summary>Ends it now.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>Waits for its end and for the last of its log.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _process.WaitForExitAsync(cancellation);

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        // The handlers of its output are done when this returns.
        _process.WaitForExit();
        _process.Dispose();
        _log.Dispose();
    }

    private static bool IsForeign(ProcessPlan plan, string name) =>
        plan.Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        || plan.Settings.Keys.Any(key => key.Equals(name, StringComparison.OrdinalIgnoreCase));

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not { } text)
            return;
        lock (_last)
        {
            _log.WriteLine(text);
            _last.Enqueue(text);
            if (_last.Count > KeptLines)
                _last.Dequeue();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
