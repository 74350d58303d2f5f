using System.Diagnostics;

namespace Orrery.Hosting.Startup;

/// <summary>Starts programs that must not outlive this process, however it ends.</summary>
public static class GuardedProcess
{
    private const string Shell = "/bin/sh";

    // The program takes the shell's place, so that its process is the one that was started. What stays beside it reads from this process's end of
    // the pipe, which the kernel closes with it. It asks who its parent is first: a program that has ended by itself has given its number back.
    // Where there is no /proc, ps tells, asked by a shell whose parent it is; what follows keeps that shell from taking its place.
    private const string Guard =
        """
        exec 3<&0
        (
            while read -r line <&3; do :; done
            if [ -r /proc/self/stat ]; then
                read -r pid name state parent rest < /proc/self/stat
                [ "$parent" = $$ ] && kill -9 $$
            else
                sh -c 'parent=$(ps -o ppid= -p $PPID); [ "${parent##* }" = "$0" ] && kill -9 "$0"' $$
                :
            fi
        ) > /dev/null 2>&1 &
        exec "$@" < /dev/null 3<&-
        """;

    /// <summary>
    /// What to start. The process that comes of it is the program's own, and reads nothing from its standard input; it is killed when this process
    /// ends, or when the input that is redirected here is closed, so that must be left open. Where there is no shell, on Windows, the
    /// program is started as it is.
    /// </summary>
    /// <param name="program">The program, or what starts it: all before <paramref name="after"/> changes user or session, and then becomes the program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="after">A command that starts another and becomes it, with its arguments, such as <c>setsid</c>; null for none.</param>
    public static ProcessStartInfo Start(string program, IEnumerable<string> arguments, IReadOnlyList<string>? after = null)
    {
        List<string> command = [.. after ?? [], .. File.Exists(Shell) ? [Shell, "-c", Guard, "guard"] : Array.Empty<string>(), program, .. arguments];
        return new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true };
    }
}
