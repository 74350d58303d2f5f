using System.Text;

namespace Orrery.Engine.Models;

/// <summary>Paths, sizes and times of files: another stamp, other contents perhaps.</summary>
internal static class FileStamp
{
    /// <summary>The stamp of the files that exist, and their bytes.</summary>
    public static (string Stamp, long Bytes) Of(IEnumerable<string> paths)
    {
        var stamp = new StringBuilder();
        var bytes = 0L;
        foreach (var path in paths)
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                continue;
            bytes += file.Length;
            stamp.Append(path).Append(':').Append(file.Length).Append(':').Append(file.LastWriteTimeUtc.Ticks).Append(';');
        }

        return (stamp.ToString(), bytes);
    }
}
