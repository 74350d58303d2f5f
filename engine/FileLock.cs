namespace Orrery.Engine;

/// <summary>Tells why a file that one process at a time may have open could not be opened.</summary>
public static class FileLock
{
    /// <summary>
    /// Whether opening failed because another has the file: ERROR_SHARING_VIOLATION on Windows, else EWOULDBLOCK of flock, 11 on Linux and 35 on macOS and
    /// BSD. A file system that is read-only or full is not that.
    /// </summary>
    /// <param name="exception">What opening threw.</param>
    public static bool IsHeld(IOException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return OperatingSystem.IsWindows() ? (exception.HResult & 0xFFFF) == 32 : exception.HResult == (OperatingSystem.IsLinux() ? 11 : 35);
    }
}
