using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>How serious a log message is, by the numbers of <c>OrtLoggingLevel</c>.</summary>
public enum OrtLogLevel
{
    /// <summary>Everything.</summary>
    Verbose,
    /// <summary>What may be of interest.</summary>
    Info,
    /// <summary>What may be wrong.</summary>
    Warning,
    /// <summary>What is wrong.</summary>
    Error,
    /// <summary>What ends the process.</summary>
    Fatal,
}

/// <summary>
/// ONNX Runtime's environment: one a process is enough. ONNX Runtime itself keeps one: while several are open, the
/// log of the first receives the messages of all. Thread-safe.
/// </summary>
public sealed unsafe class OrtEnvironment : IDisposable
{
    private OrtEnvironment(OrtHandle handle) => Handle = handle;

    internal OrtHandle Handle { get; }

    /// <summary>The library's version, such as <c>1.30.0</c>.</summary>
    public string Version { get; } = OrtLibrary.Instance.Version;

    /// <summary>The file that the library was loaded from.</summary>
    public string LibraryPath { get; } = OrtLibrary.Instance.Path;

    /// <summary>
    /// The execution providers that this build of the library knows, by ONNX Runtime's names
    /// (<c>CPUExecutionProvider</c>). That it knows one does not mean that its device or its own library is here.
    /// </summary>
    public IReadOnlyList<string> AvailableProviders { get; } = ReadProviders();

    /// <summary>Loads the library and makes the environment.</summary>
    /// <param name="log">Receives messages, from any thread; must be quick. Null: errors go to standard error.</param>
    /// <param name="level">The least serious level that is logged.</param>
    /// <exception cref="OrtException">The library is missing, unreadable or too old.</exception>
    public static OrtEnvironment Create(Action<OrtLogLevel, string>? log = null, OrtLogLevel level = OrtLogLevel.Warning)
    {
        var api = OrtLibrary.Instance.Api;
        nint environment;
        fixed (byte* name = "orrery\0"u8)
        {
            // The callback is kept alive for ever: ONNX Runtime may log to it after this environment, through another.
            nint status = log is null
                ? api->CreateEnv((int)OrtLogLevel.Error, name, &environment)
                : api->CreateEnvWithCustomLogger(&Log, GCHandle.ToIntPtr(GCHandle.Alloc(log)), (int)level, name, &environment);
            OrtException.ThrowIfError(api, status);
        }
        var handle = new OrtHandle(environment, api->ReleaseEnv);
        OrtException.ThrowIfError(api, api->DisableTelemetryEvents(environment));
        return new OrtEnvironment(handle);
    }

    /// <summary>Releases the environment once its sessions are released too.</summary>
    public void Dispose() => Handle.Dispose();

    private static string[] ReadProviders()
    {
        var api = OrtLibrary.Instance.Api;
        byte** names;
        int count;
        OrtException.ThrowIfError(api, api->GetAvailableProviders(&names, &count));
        string[] result = new string[count];
        for (int i = 0; i < count; i++)
            result[i] = Marshal.PtrToStringUTF8((nint)names[i]) ?? "";
        OrtException.ThrowIfError(api, api->ReleaseAvailableProviders(names, count));
        return result;
    }

    [UnmanagedCallersOnly]
    private static void Log(nint callback, int level, byte* category, byte* id, byte* location, byte* message)
    {
        try
        {
            var log = Unsafe.As<Action<OrtLogLevel, string>>(GCHandle.FromIntPtr(callback).Target)!;
            log((OrtLogLevel)level, Marshal.PtrToStringUTF8((nint)message) ?? "");
        }
        catch (Exception error)
        {
            // An exception must not cross native frames: it would end the process for a failed log line.
            Console.Error.WriteLine($"The log of ONNX Runtime failed: {error}");
        }
    }
}
