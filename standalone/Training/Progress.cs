using Spectre.Console;

namespace Orrery.Standalone.Training;

/// <summary>Progress bars on a terminal; on anything else nothing but what the command says at its end.</summary>
internal static class Progress
{
    /// <summary>Runs work that draws bars by <c>bar(name)</c>, and moves one by the function it gets: the share done, 0 to 1.</summary>
    public static Task<T> RunAsync<T>(Func<Func<string, Action<double>>, Task<T>> work) =>
        Console.IsErrorRedirected ? work(_ => _ => { }) : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }).Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new RemainingTimeColumn())
            .StartAsync(view => work(name =>
            {
                var bar = view.AddTask(Markup.Escape(name), maxValue: 1);
                return share => bar.Value = share;
            }));
}
