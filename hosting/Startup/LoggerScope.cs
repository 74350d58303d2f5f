using Microsoft.Extensions.Logging;

namespace Orrery.Hosting.Startup;

/// <summary>The engine's log, to the console from warnings on. It outlives the host, which is disposed before the engine.</summary>
public sealed class LoggerScope : IAsyncDisposable
{
    /// <summary>Makes loggers until it is disposed.</summary>
    public ILoggerFactory Factory { get; } = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true));

    /// <summary>Writes what is left.</summary>
    public ValueTask DisposeAsync()
    {
        Factory.Dispose();
        return ValueTask.CompletedTask;
    }
}
