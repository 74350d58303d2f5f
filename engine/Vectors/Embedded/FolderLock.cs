using Orrery.Engine.Vectors.Sqlite;

namespace Orrery.Engine.Vectors.Embedded;

/// <summary>Keeps other processes out of the store's folder for as long as it is held.</summary>
/// <param name="directory">The folder.</param>
internal sealed class FolderLock(string directory) : IDisposable
{
    private const string Name = "store.lock";

    private readonly Lock _gate = new();
    private readonly string _path = Path.Combine(directory, Name);
    private FileStream? _file;
    private FileIdentity? _identity;

    /// <summary>Takes the lock, unless it is held already.</summary>
    /// <param name="create">Whether to make the folder. Without it a folder that is not there is left so, and is right.</param>
    /// <returns>Why it cannot be had, to be read after the folder's name; null when it is held, or there is nothing to hold.</returns>
    public string? Take(bool create)
    {
        lock (_gate)
        {
            if (_file is not null)
                return FileIdentity.Of(_path) == _identity ? null : FileGuard.Gone + "; start the server anew";
            if (!create && !Directory.Exists(directory))
                return null;
            try
            {
                Directory.CreateDirectory(directory);
                _file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                _identity = FileIdentity.Of(_path);
                return null;
            }
            catch (IOException e) when (FileLock.IsHeld(e))
            {
                return "is in use by another process";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A file system that is read-only or full, a right that is missing, a file in the folder's place: the message says which.
                return $"cannot be used: {LocalPaths.Hide(e.Message, directory)}";
            }
        }
    }

    public void Dispose() => _file?.Dispose();
}
