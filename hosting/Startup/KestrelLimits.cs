using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Orrery.Hosting.Settings;

namespace Orrery.Hosting.Startup;

/// <summary>Where our processes listen, and what they bear of clients.</summary>
public static class KestrelLimits
{
    /// <summary>Sets them.</summary>
    /// <param name="kestrel">Before it starts.</param>
    /// <param name="settings">The address and port.</param>
    /// <param name="maxBodyBytes">The limit of bodies that the routes themselves enforce and name.</param>
    public static void Limit(this KestrelServerOptions kestrel, ProcessSettings settings, long maxBodyBytes)
    {
        kestrel.AddServerHeader = false;
        // The routes read bodies themselves and name the limit; Kestrel's own is a step above, to catch what lies about its length.
        kestrel.Limits.MaxRequestBodySize = maxBodyBytes + 1;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        // A thousand ids of records in a query string.
        kestrel.Limits.MaxRequestLineSize = 128 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        // A body must keep coming, or its connection and buffers are held for nothing.
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        // An answer must keep being read, or what it was made of is held for nothing. Who reads slower than this has half a minute for each part.
        kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 64 * 1024, gracePeriod: TimeSpan.FromSeconds(30));
        if (IPAddress.TryParse(settings.Host, out var address))
            kestrel.Listen(address, settings.Port);
        else if (settings.Host == "localhost")
            kestrel.ListenLocalhost(settings.Port);
        else
            kestrel.ListenAnyIP(settings.Port);
    }
}
