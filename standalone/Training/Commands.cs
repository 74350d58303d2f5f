using Orrery.Hosting.Startup;
using Orrery.Training.Data;

namespace Orrery.Standalone.Training;

/// <summary>What commands over files have in common: one sentence and an exit code when they cannot do it.</summary>
internal static class Commands
{
    /// <summary>Exit code of what was stopped: it may be called again.</summary>
    private const int Stopped = 130;

    /// <summary>Runs a command to its exit code.</summary>
    public static async Task<int> RunAsync(Func<Task> command)
    {
        try
        {
            await command();
            return 0;
        }
        catch (Exception e) when (e is CommandException or DataFormatException or IOException or UnauthorizedAccessException)
        {
            return Refusal.Say(e.Message);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("orrery: stopped");
            return Stopped;
        }
    }
}
