namespace Orrery.Engine.OnnxRuntime;

/// <summary>A handle on running calls.</summary>
public sealed unsafe class OrtRunOptions : IDisposable
{
    private readonly OrtApi _api;
    private nint _handle;

    /// <summary>Options for any number of runs.</summary>
    public OrtRunOptions(OrtEnvironment environment)
    {
        _api = environment.Api;
        nint handle;
        _api.Check(((delegate* unmanaged<nint*, nint>)_api[OrtFunction.CreateRunOptions])(&handle));
        _handle = handle;
    }

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>Ends the runs that use these options soon, with an <see cref="OrtException"/>, and all later ones at once.</summary>
    public void Terminate() => _api.Check(((delegate* unmanaged<nint, nint>)_api[OrtFunction.RunOptionsSetTerminate])(Handle));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _handle, 0) is var handle and not 0)
            _api.Release(OrtFunction.ReleaseRunOptions, handle);
    }
}
