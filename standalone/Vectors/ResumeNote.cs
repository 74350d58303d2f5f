using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Orrery.Standalone.Vectors;

/// <summary>
/// How many rows of a job are done, in a small file that is there until all are. It may lag behind what is done, never run ahead: rows that
/// are done twice are the same records.
/// </summary>
internal sealed class ResumeNote
{
    private readonly string _path;

    private ResumeNote(string path, long rows) => (_path, Rows) = (path, rows);

    /// <summary>Rows that are done.</summary>
    public long Rows { get; private set; }

    /// <summary>Reads how far a job has come.</summary>
    /// <param name="directory">Where notes lie; made when it is not there.</param>
    /// <param name="job">What the job does; another text is another job.</param>
    /// <param name="restart">Whether to begin anew.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<ResumeNote> OpenAsync(string directory, string job, bool restart, CancellationToken cancellation)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, $"embed-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(job)).AsSpan(0, 8))}.rows");
        var rows = !restart && File.Exists(path) && long.TryParse(await File.ReadAllTextAsync(path, cancellation), NumberStyles.None, CultureInfo.InvariantCulture, out var done) ? done : 0;
        return new ResumeNote(path, rows);
    }

    /// <summary>Notes that so many are done.</summary>
    public void Write(long rows)
    {
        Rows = rows;
        var temporary = _path + ".new";
        File.WriteAllText(temporary, rows.ToString(CultureInfo.InvariantCulture));
        File.Move(temporary, _path, overwrite: true);
    }

    /// <summary>All is done.</summary>
    public void Delete() => File.Delete(_path);
}
