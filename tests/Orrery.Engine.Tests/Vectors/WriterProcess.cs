using System.Diagnostics;
using System.Globalization;

namespace Orrery.Engine.Tests.Vectors;

/// <summary>Groups of records as a process that writes them says they are: the last version acknowledged of each, and one that may be there instead.</summary>
internal sealed class GroupVersions
{
    public const int Groups = 30;
    public const int Records = 10;
    private const int DeletedEvery = 7;

    public long[] Acknowledged { get; } = new long[Groups];

    public long[] Begun { get; } = new long[Groups];

    public long Largest { get; set; }

    public int Failures { get; private set; }

    public string LastFailure { get; private set; } = "";

    /// <summary>Whether a version leaves the group's records in place.</summary>
    public static bool IsThere(long version) => version % DeletedEvery != 0;

    public void Read(string line)
    {
        var words = line.Split(' ', 3);
        if (words[0] is not ("begins" or "acknowledged" or "failed"))
            return;
        var group = int.Parse(words[1], CultureInfo.InvariantCulture);
        if (words[0] == "failed")
        {
            Failures++;
            LastFailure = words[2];
            return;
        }

        var version = long.Parse(words[2], CultureInfo.InvariantCulture);
        Largest = Math.Max(Largest, version);
        if (words[0] == "begins")
            Begun[group] = version;
        else
            Acknowledged[group] = version;
    }
}

/// <summary>A process that waits to be told where to write, and then writes until it is killed.</summary>
internal sealed class WriterProcess : IDisposable
{
    private static readonly string _program = Path.Combine(AppContext.BaseDirectory, "Orrery.FixtureVectors.dll");

    private readonly Process _process;

    /// <summary>Starts one.</summary>
    /// <param name="shell">What a shell does first; null for no shell.</param>
    public WriterProcess(string? shell = null)
    {
        var start = new ProcessStartInfo(shell is null ? Environment.ProcessPath! : "/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (shell is null)
            start.ArgumentList.Add(_program);
        else
        {
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add($"{shell}; exec '{Environment.ProcessPath}' '{_program}'");
        }

        _process = Process.Start(start)!;
    }

    /// <summary>The next line it writes; null at its end.</summary>
    public ValueTask<string?> ReadAsync() => new(_process.StandardOutput.ReadLineAsync());

    public void Begin(string folder, long version)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folder} {version}"));
        _process.StandardInput.Flush();
    }

    /// <summary>Ends it by SIGKILL, and reads what it had written until then.</summary>
    public async Task KillAsync(GroupVersions versions)
    {
        _process.Kill();
        while (await ReadAsync() is { } line)
            versions.Read(line);
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
