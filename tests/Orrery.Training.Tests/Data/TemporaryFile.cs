using System.Text;

namespace Orrery.Training.Tests.Data;

/// <summary>A path that is in nobody's way, and is removed at the end.</summary>
internal sealed class TemporaryFile(string extension) : IDisposable
{
    internal string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"orrery-{Guid.NewGuid():N}{extension}");

    internal static TemporaryFile Of(string extension, string text) => Of(extension, Encoding.UTF8.GetBytes(text));

    internal static TemporaryFile Of(string extension, byte[] content)
    {
        var file = new TemporaryFile(extension);
        File.WriteAllBytes(file.Path, content);
        return file;
    }

    public void Dispose() => File.Delete(Path);
}
