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

/// <summary>ONNX Runtime in this process. Sessions keep it alive; one is enough.</summary>
public sealed unsafe class OrtEnvironment : IDisposable
{
    private readonly GCHandle _log;
    private nint _handle;

    private OrtEnvironment(OrtApi api, Action<OrtLogLevel, string>? log)
    {
        Api = api;
        _log = GCHandle.Alloc(log ?? ((_, _) => { }));
        nint handle;
        fixed (byte* id = "orrery\0"u8)
        {
            api.Check(((delegate* unmanaged<delegate* unmanaged<nint, int, byte*, byte*, byte*, byte*, void>, nint, int, byte*, nint*, nint>)
                api[OrtFunction.CreateEnvWithCustomLogger])(&Log, GCHandle.ToIntPtr(_log), (int)OrtLogLevel.Warning, id, &handle));
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
            Api.Release(OrtFunction.ReleaseEnv, handle);
            _log.Free();
        }
    }

    [UnmanagedCallersOnly]
    private static void Log(nint state, int level, byte* category, byte* id, byte* location, byte* message) =>
        ((Action<OrtLogLevel, string>)GCHandle.FromIntPtr(state).Target!)((OrtLogLevel)level, Marshal.PtrToStringUTF8((nint)message) ?? "");
}
