using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// ONNX Runtime, loaded into this process and ready; whoever makes a session has one. A process has one environment, for its
/// whole life, however many of these are made: its messages go to the log of the first. Thread-safe.
/// </summary>
public sealed class OrtEnvironment
{
    private static readonly Lock Creating = new();

    private OrtEnvironment()
    {
    }

    /// <summary>The library's version, such as <c>1.32.0</c>.</summary>
    public string Version { get; } = OrtLibrary.Instance.Version;

    /// <summary>The file that the library was loaded from.</summary>
    public string LibraryPath { get; } = OrtLibrary.Instance.Path;

    /// <summary>
    /// The execution providers that this build of the library carries, by our names (<c>cpu</c>, <c>cuda</c>), as it tells itself.
    /// That it carries one does not mean that its device or its driver is here.
    /// </summary>
    public IReadOnlyList<string> Providers { get; } = Array.ConvertAll(OrtEnv.Instance().GetAvailableProviders(), ProviderRegistration.ShortName);

    /// <summary>Loads the library and makes the environment, unless that was done before.</summary>
    /// <param name="log">Receives messages, from any thread; must be quick. Null: errors go to standard error.</param>
    /// <param name="level">The least serious level that is logged.</param>
    /// <param name="memory">Bytes that all sessions of the process together may take of the processor's memory, mapped weights not counted; 0 for any number. The first environment's counts.</param>
    /// <exception cref="OrtException">The library is missing, unreadable or too old.</exception>
    public static OrtEnvironment Create(Action<OrtLoggingLevel, string>? log = null, OrtLoggingLevel level = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, long memory = 0)
    {
        // Found and proven here, so that what is wrong with it is told by name: the package, once it has failed, stays so.
        _ = OrtLibrary.Instance;
        try
        {
            lock (Creating)
            {
                if (!OrtEnv.IsCreated)
                    Make(log, level, memory);
            }
            return new OrtEnvironment();
        }
        catch (Exception error) when (error is TypeInitializationException || OrtException.IsNative(error))
        {
            throw new OrtException(OrtErrorCode.LibraryUnavailable,
                $"The ONNX Runtime library {OrtLibrary.Instance.Path} cannot be used: {error.InnerException?.Message ?? error.Message}", error);
        }
    }

    private static void Make(Action<OrtLoggingLevel, string>? log, OrtLoggingLevel level, long memory)
    {
        var options = new EnvironmentCreationOptions { logId = "orrery", logLevel = log is null ? OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR : level };
        if (log is not null)
            options.loggingFunction = (_, severity, _, _, _, message) => Write(log, severity, message);
        OrtEnv.CreateInstanceWithOptions(ref options).DisableTelemetryEvents();
        OrtArena.Register(memory);
    }

    private static void Write(Action<OrtLoggingLevel, string> log, OrtLoggingLevel level, string message)
    {
        try
        {
            log(level, message);
        }
        catch (Exception error)
        {
            // An exception must not cross native frames: it would end the process for a failed log line.
            Console.Error.WriteLine($"The log of ONNX Runtime failed: {error}");
        }
    }
}
