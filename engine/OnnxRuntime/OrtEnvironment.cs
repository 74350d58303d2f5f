using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Severity of ONNX Runtime's messages (OrtLoggingLevel).</summary>
public enum OrtLogLevel
{
    /// <summary>Everything.</summary>
    Verbose,

    /// <summary>What is done.</summary>
    Info,

    /// <summary>What may be wrong.</summary>
    Warning,

    /// <summary>What failed.</summary>
    Error,

    /// <summary>What ends the process.</summary>
    Fatal,
}

/// <summary>
/// ONNX Runtime in this process; one is enough. The library itself has one environment a process, made by the first of
/// these that lives and shared by the others: all messages go to that first one's sink.
/// </summary>
public sealed unsafe class OrtEnvironment : IDisposable
{
    private readonly Sink _sink;
    private nint _handle;

    private OrtEnvironment(OrtApi api, Action<OrtLogLevel, string>? log)
    {
        Api = api;
        _sink = new Sink { Write = log };
        nint handle;
        // The handle is never freed: who still uses the shared environment may write to it after this one is disposed.
        fixed (byte* id = "orrery\0"u8)
        {
            api.Check(((delegate* unmanaged<delegate* unmanaged<nint, int, byte*, byte*, byte*, byte*, void>, nint, int, byte*, nint*, nint>)
                api[OrtFunction.CreateEnvWithCustomLogger])(&Log, GCHandle.ToIntPtr(GCHandle.Alloc(_sink)), (int)OrtLogLevel.Warning, id, &handle));
        }

        _handle = handle;
    }

    /// <summary>The library's version, as in 1.30.0.</summary>
    public string Version => Api.Version;

    /// <summary>Execution providers that this build of the library carries, by ONNX Runtime's names.</summary>
    public IReadOnlyList<string> AvailableProviders
    {
        get
        {
            byte** names;
            int count;
            Api.Check(((delegate* unmanaged<byte***, int*, nint>)Api[OrtFunction.GetAvailableProviders])(&names, &count));
            var providers = new string[count];
            for (var i = 0; i < count; i++)
                providers[i] = Marshal.PtrToStringUTF8((nint)names[i])!;
            Api.Check(((delegate* unmanaged<byte**, int, nint>)Api[OrtFunction.ReleaseAvailableProviders])(names, count));
            return providers;
        }
    }

    internal OrtApi Api { get; }

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>Loads the library and starts it.</summary>
    /// <param name="log">Receives its messages from warnings on, on any thread; null discards them.</param>
    /// <exception cref="OrtException">The library is missing, unusable or too old.</exception>
    public static OrtEnvironment Create(Action<OrtLogLevel, string>? log = null) => new(OrtApi.Load(), log);

    /// <summary>Ends it. Sessions must be disposed before.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _handle, 0) is var handle and not 0)
        {
            _sink.Write = null;
            Api.Release(OrtFunction.ReleaseEnv, handle);
        }
    }

    [UnmanagedCallersOnly]
    private static void Log(nint state, int level, byte* category, byte* id, byte* location, byte* message) =>
        ((Sink)GCHandle.FromIntPtr(state).Target!).Write?.Invoke((OrtLogLevel)level, Marshal.PtrToStringUTF8((nint)message) ?? "");

    private sealed class Sink
    {
        public volatile Action<OrtLogLevel, string>? Write;
    }
}
