namespace Orrery.Api.Tests.Support;

/// <summary>A folder of its own, until it is disposed.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("orrery-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
