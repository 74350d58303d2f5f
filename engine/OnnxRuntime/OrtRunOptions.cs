namespace Orrery.Engine.OnnxRuntime;

/// <summary>A handle on runs: every run that was given it can be ended through it, from any thread.</summary>
public sealed unsafe class OrtRunOptions : IDisposable
{
    private readonly OrtApi* _api = OrtLibrary.Instance.Api;

    /// <summary>Options that end nothing yet.</summary>
    public OrtRunOptions()
    {
        nint value;
        OrtException.ThrowIfError(_api, _api->CreateRunOptions(&value));
        Handle = new OrtHandle(value, _api->ReleaseRunOptions);
    }

    internal OrtHandle Handle { get; }

    /// <summary>Ends the runs in flight before their next operator, with an <see cref="OrtException"/>; later runs end at once.</summary>
    public void Terminate() => Call(_api->RunOptionsSetTerminate);

    /// <summary>Takes <see cref="Terminate"/> back, so that the options can be used again.</summary>
    public void Reset() => Call(_api->RunOptionsUnsetTerminate);

    /// <summary>Sets one of ONNX Runtime's run settings, such as <c>memory.enable_memory_arena_shrinkage</c> = <c>cpu:0</c>.</summary>
    /// <exception cref="OrtException">The key or value is not accepted.</exception>
    public void Set(string key, string value)
    {
        nint options = Handle.Acquire();
        try
        {
            fixed (byte* keyText = OrtText.Utf8(key), valueText = OrtText.Utf8(value))
                OrtException.ThrowIfError(_api, _api->AddRunConfigEntry(options, keyText, valueText), "Run options");
        }
        finally
        {
            Handle.DangerousRelease();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private void Call(delegate* unmanaged<nint, nint> function)
    {
        nint options = Handle.Acquire();
        try
        {
            OrtException.ThrowIfError(_api, function(options), "Run options");
        }
        finally
        {
            Handle.DangerousRelease();
        }
    }
}
