using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Orrery.Api.Admin;

/// <summary>
/// Which hosts requests may be addressed to. A page whose name was pointed at this machine after it was loaded (DNS rebinding) is of the same
/// origin as the server to a browser; what gives it away is the name itself.
/// </summary>
internal sealed class AllowedHosts
{
    private readonly List<StringSegment> _patterns;
    private readonly string _bound;

    public AllowedHosts(AdminOptions options)
    {
        // As the header writes them, addresses of IPv6 are in brackets.
        _patterns = [.. options.AllowedHosts.Select(host => (StringSegment)(Uri.CheckHostName(host) == UriHostNameType.IPv6 && host[0] != '[' ? $"[{host}]" : host))];
        _bound = options.Host;
    }

    /// <summary>Whether the request's host is one of them.</summary>
    public bool Has(HttpContext context)
    {
        var host = context.Request.Host.Host.TrimEnd('.');
        if (host.Length == 0)
            return false;
        return _patterns.Count > 0 ? HostString.MatchesAny(host, _patterns) : IsOwn(host, context.Connection.LocalIpAddress);
    }

    private bool IsOwn(string host, IPAddress? local)
    {
        if (host.Equals(_bound, StringComparison.OrdinalIgnoreCase))
            return true;
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
            return IPAddress.IsLoopback(address) || (local is not null && Plain(address).Equals(Plain(local)));
        // RFC 6761, 6.3: names under localhost are the loopback's too.
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || host.Equals(Environment.MachineName, StringComparison.OrdinalIgnoreCase) || host.Equals(Dns.GetHostName(), StringComparison.OrdinalIgnoreCase);
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
