using System.Net;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;

namespace Orrery.Api.Admin;

/// <summary>What a request says of where it came from.</summary>
internal static class Caller
{
    // A proxy on this machine makes strangers look like neighbours; it says so by one of these. X-Original-For is what ASP.NET's own middleware
    // leaves behind when it has overwritten the peer's address.
    private static readonly string[] _names =
    [
        "Forwarded", "Forwarded-For", "Via", "Proxy-Connection", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "Client-IP", "Fastly-Client-IP",
        "X-ProxyUser-Ip", "WL-Proxy-Client-IP", "CDN-Loop",
    ];

    private static readonly string[] _prefixes = ["X-Forwarded", "X-Original-", "X-Envoy-", "X-Azure-", "X-ARR-", "X-AppEngine-", "X-Amz-Cf-", "X-Amzn-", "CF-", "CloudFront-", "Fly-", "Tailscale-", "Ngrok-"];

    /// <summary>Whether it comes from this machine, and nothing says that it was passed on.</summary>
    public static bool IsNeighbour(HttpContext context)
    {
        foreach (var (name, _) in context.Request.Headers)
        {
            if (_names.Contains(name, StringComparer.OrdinalIgnoreCase) || Array.Exists(_prefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                return false;
        }

        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }

    /// <summary>Whether a browser sends it for a page of another origin, as it says itself (Fetch Metadata; RFC 6454, 7).</summary>
    public static bool IsForeignPage(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"];
        // Another port of the same machine is the same site.
        if (site.Count > 0 && site.ToString() is not ("same-origin" or "none"))
            return true;
        return request.Headers.Origin.Count > 0 && !IsOwnOrigin(request);
    }

    /// <summary>
    /// Whether the request is one that a page's form could send: its body is of a form's type, and it has no header of keys, which forms cannot
    /// give it and scripts only where the server lets them (Fetch, 3.2). Pinecone's JavaScript client sends lines of records as plain text.
    /// </summary>
    public static bool IsForm(HttpRequest request)
    {
        if (request.Headers.ContainsKey(ChangeGuard.KeyHeader))
            return false;
        var type = RequestHeaders.MediaType(request.ContentType);
        return type.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            || type.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || type.Equals("text/plain", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsOwnOrigin(HttpRequest request)
    {
        if (!Uri.TryCreate(request.Headers.Origin.ToString(), UriKind.Absolute, out var origin))
            return false;
        // What ends TLS before this server passes on the name alone, and speaks http with it.
        var port = request.Host.Port ?? (origin.Scheme == Uri.UriSchemeHttps ? 443 : 80);
        return origin.Scheme is "http" or "https" && origin.Port == port && origin.Host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase);
    }
}
