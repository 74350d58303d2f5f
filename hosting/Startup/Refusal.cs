namespace Orrery.Hosting.Startup;

/// <summary>How our programs refuse: one sentence on standard error, and one exit code.</summary>
public static class Refusal
{
    /// <summary>The exit code: a setting or flag is wrong, a port is taken, something named is not there.</summary>
    public const int ExitCode = 2;

    /// <summary>Says why.</summary>
    /// <param name="error">One sentence, naming what is wrong.</param>
    /// <param name="program">Who says it.</param>
    /// <returns>The exit code.</returns>
    public static int Say(string error, string program = "orrery")
    {
        Console.Error.WriteLine($"{program}: {error}");
        return ExitCode;
    }
}
