using System.Net;
using System.Net.Sockets;

namespace Orrery.Standalone.Cluster;

/// <summary>Ports on loopback that nobody listens on.</summary>
internal static class FreePorts
{
    /// <summary>Finds them all at once, so that no two are the same.</summary>
    public static int[] Find(int count)
    {
        var listeners = new TcpListener[count];
        for (var i = 0; i < count; i++)
        {
            listeners[i] = new TcpListener(IPAddress.Loopback, 0);
            listeners[i].Start();
        }

        return Array.ConvertAll(listeners, listener =>
        {
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            listener.Dispose();
            return port;
        });
    }

    /// <summary>Whether someone listens on a port already.</summary>
    public static bool IsTaken(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
