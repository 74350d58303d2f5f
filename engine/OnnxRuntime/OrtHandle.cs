using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// Owns one object of ONNX Runtime's. An owner, such as the environment of a session, stays alive at least as long.
/// A call that uses the handle holds a reference, so that disposing beside a call in flight is safe: the object goes
/// when the last call returns.
/// </summary>
internal sealed unsafe class OrtHandle : SafeHandle
{
    private readonly delegate* unmanaged<nint, void> _release;
    private readonly OrtHandle? _owner;

    internal OrtHandle(nint value, delegate* unmanaged<nint, void> release, OrtHandle? owner = null)
        : base(0, ownsHandle: true)
    {
        _release = release;
        if (owner is not null)
        {
            owner.Acquire();
            _owner = owner;
        }
        SetHandle(value);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Takes a reference and gives the object; pair with <see cref="SafeHandle.DangerousRelease"/>.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    internal nint Acquire()
    {
        bool taken = false;
        DangerousAddRef(ref taken);
        return handle;
    }

    protected override bool ReleaseHandle()
    {
        _release(handle);
        _owner?.DangerousRelease();
        return true;
    }
}
