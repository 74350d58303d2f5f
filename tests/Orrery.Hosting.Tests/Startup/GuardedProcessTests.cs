using System.Diagnostics;
using Orrery.Hosting.Startup;

namespace Orrery.Hosting.Tests.Startup;

/// <summary>Real processes, whose starter's end of the pipe closes as the kernel closes it when the starter dies.</summary>
public sealed class GuardedProcessTests
{
    [Fact]
    public async Task A_program_is_killed_with_the_process_that_started_it()
    {
        using var process = Process.Start(GuardedProcess.Start("/bin/sleep", ["600"]))!;
        Assert.False(process.WaitForExit(200));
        process.StandardInput.Close();
        Assert.Equal(137, await EndAsync(process));
    }

    [Fact]
    public async Task A_program_that_is_started_by_another_is_killed_too()
    {
        using var process = Process.Start(GuardedProcess.Start("/bin/sleep", ["600"], ["/usr/bin/env"]))!;
        process.StandardInput.Close();
        Assert.Equal(137, await EndAsync(process));
    }

    [Fact]
    public async Task The_process_is_the_programs_own_and_so_are_its_output_and_exit_code()
    {
        var start = GuardedProcess.Start("/bin/sh", ["-c", "echo $$ \"$1\"; cat; exit 3", "name", "one argument's \"text\""]);
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        // The guard holds none of its output open, and its input is empty.
        Assert.Equal($"{process.Id} one argument's \"text\"\n", await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(3, await EndAsync(process));
    }

    private static async Task<int> EndAsync(Process process)
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return process.ExitCode;
    }
}
