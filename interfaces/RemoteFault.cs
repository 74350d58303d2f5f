namespace Orrery.Interfaces;

/// <summary>Tells what may happen to any call between processes from what nobody expected.</summary>
public static class RemoteFault
{
    /// <summary>Whether a call failed because of the way to its grain or the grain's process, so that another way or place may answer.</summary>
    public static bool Is(Exception exception) => exception is OrleansException or TimeoutException or ObjectDisposedException;
}
