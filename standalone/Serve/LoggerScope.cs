namespace Orrery.Standalone.Serve;

/// <summary>The engine's log, to the console from warnings on. It outlives the host, which is disposed before the engine.</summary>
internal sealed class LoggerScope : IAsyncDisposable
{
    public ILoggerFactory Factory { get; } = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true));

    public ValueTask DisposeAsync()
    {
        Factory.Dispose();
        return ValueTask.CompletedTask;
    }
}
