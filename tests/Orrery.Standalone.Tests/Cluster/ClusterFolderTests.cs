using System.Net.Sockets;
using Orrery.Standalone.Cluster;

namespace Orrery.Standalone.Tests.Cluster;

public sealed class ClusterFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-folder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_is_for_one_at_a_time()
    {
        using (var first = ClusterFolder.Take(_folder, out _))
        {
            Assert.NotNull(first);
            Assert.Null(ClusterFolder.Take(_folder, out var wrong));
            Assert.Contains("a cluster is up in", wrong, StringComparison.Ordinal);
        }

        using var next = ClusterFolder.Take(_folder, out _);
        Assert.NotNull(next);
    }

    [Fact]
    public void One_that_cannot_be_used_though_nobody_has_it_says_why()
    {
        // A file that is there and that nothing can open, as an old one on a file system that is read-only.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "up.lock")));
        Assert.Null(ClusterFolder.Take(_folder, out var wrong));
        Assert.DoesNotContain("a cluster is up", wrong, StringComparison.Ordinal);
        Assert.StartsWith("--directory: ", wrong, StringComparison.Ordinal);
    }
}
