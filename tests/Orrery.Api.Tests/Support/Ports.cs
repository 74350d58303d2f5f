using System.Net;
using System.Net.Sockets;

namespace Orrery.Api.Tests.Support;

/// <summary>Ports of the loopback that nobody listens at, for what has to be told its port before it listens. What can listen at port 0 and say where it is does so.</summary>
internal static class Ports
{
    // Below those that outgoing connections take (Linux begins with them at 32768), so that none takes it in between.
    private const int First = 14_000;
    private const int Count = 18_000;

    private static uint _next = (uint)Random.Shared.Next(Count);

    /// <summary>One that nobody else in this process was given.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = First + (int)(Interlocked.Increment(ref _next) % Count);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there; the next is as good.
            }
        }
    }
}
