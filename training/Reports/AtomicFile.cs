using System.Text;

namespace Orrery.Training.Reports;

/// <summary>Writes files that are there whole or not at all.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file beside its place, brings it to the disk, and then renames it; what was there is replaced.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <param name="text">The content, written as UTF-8 without byte order mark.</param>
    /// <param name="cancellationToken">Ends it; what was there stays.</param>
    /// <exception cref="IOException">The disk is full or fails; what was there stays, and nothing is left behind.</exception>
    public static Task WriteAsync(string path, string text, CancellationToken cancellationToken = default) =>
        WriteAsync(path, Encoding.UTF8.GetBytes(text), cancellationToken);

    /// <summary>As the other, of bytes.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellationToken">Ends it; what was there stays.</param>
    /// <exception cref="IOException">The disk is full or fails; what was there stays, and nothing is left behind.</exception>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        // A name of its own, so that two writers do not meet in one temporary file.
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await using (file)
            {
                await file.WriteAsync(content, cancellationToken);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
