using System.Diagnostics;

namespace Orrery.Engine.Tests.Support;

/// <summary>A small file system in memory, mounted in a folder of its own until it is disposed.</summary>
internal sealed class Mount : IDisposable
{
    /// <summary>Why none can be mounted here; null where one can.</summary>
    public static string? WhyNot { get; } = Probe();

    private Mount(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>One of some megabytes.</summary>
    public static Mount OfMegabytes(int size) => Make($"size={size}m");

    /// <summary>An empty one to which nothing can be written.</summary>
    public static Mount ReadOnly() => Make("ro");

    public void Dispose()
    {
        Run("umount", Folder);
        Directory.Delete(Folder);
    }

    private static Mount Make(string options)
    {
        var folder = Repository.Temporary();
        return Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder) is { } refused ? throw new InvalidOperationException(refused) : new Mount(folder);
    }

    private static string? Probe()
    {
        if (OperatingSystem.IsWindows())
            return "file systems are mounted as on Linux";
        var folder = Repository.Temporary();
        if (Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder) is { } refused)
            return $"a file system cannot be mounted here: {refused}";
        return Run("umount", folder);
    }

    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error.Trim();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"{program}: {e.Message}";
        }
    }
}

/// <summary>A test that mounts a file system, and says why where it cannot.</summary>
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = Mount.WhyNot;
}
