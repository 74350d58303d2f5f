using System.Runtime.InteropServices;

namespace Orrery.Engine.Vectors.Sqlite;

/// <summary>
/// Which file a path leads to: another one under the same name is another. On Linux the device's and inode's numbers; elsewhere when the file was
/// made, which tells a file that was removed, and most that were exchanged.
/// </summary>
internal readonly record struct FileIdentity(ulong Device, ulong Number)
{
    // statx(2): what its structure holds is the same for every processor, unlike that of stat.
    private const int CurrentFolder = -100;
    private const uint WantInode = 0x100;
    private const int StructBytes = 256;
    private const int InodeAt = 32;
    private const int DeviceMajorAt = 136;
    private const int DeviceMinorAt = 140;

    /// <summary>The file of a path; null when there is none.</summary>
    public static unsafe FileIdentity? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return File.Exists(path) ? new(0, (ulong)File.GetCreationTimeUtc(path).Ticks) : null;
        var into = stackalloc byte[StructBytes];
        if (LinuxFile.Stat(CurrentFolder, path, 0, WantInode, into) != 0)
            return null;
        return new(((ulong)*(uint*)(into + DeviceMajorAt) << 32) | *(uint*)(into + DeviceMinorAt), *(ulong*)(into + InodeAt));
    }
}

/// <summary>The system's calls.</summary>
internal static partial class LinuxFile
{
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int Stat(int folder, string path, int flags, uint mask, byte* into);
}
