using Orrery.Engine;

namespace Orrery.Standalone.Cluster;

/// <summary>The folder of what a cluster remembers, for one <c>cluster up</c> at a time: the processes of two would find each other there.</summary>
internal sealed class ClusterFolder : IDisposable
{
    private const string Name = "up.lock";

    private readonly FileStream _lock;

    private ClusterFolder(FileStream file) => _lock = file;

    /// <summary>Makes the folder where it is missing, and takes it.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="wrong">Why it cannot be had, when null is returned.</param>
    public static ClusterFolder? Take(string path, out string wrong)
    {
        try
        {
            Directory.CreateDirectory(path);
            wrong = "";
            return new ClusterFolder(new FileStream(Path.Combine(path, Name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            wrong = $"--directory: {e.Message}";
        }
        catch (IOException e)
        {
            wrong = FileLock.IsHeld(e) ? $"--directory: a cluster is up in {path} already; another one needs a folder of its own" : $"--directory: {e.Message}";
        }

        return null;
    }

    public void Dispose() => _lock.Dispose();
}
