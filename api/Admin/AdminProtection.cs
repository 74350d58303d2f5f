using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;

namespace Orrery.Api.Admin;

/// <summary>
/// Keeps routes that change things from those who may not: with a token, whoever does not bring it as <c>Authorization: Bearer</c>
/// (RFC 6750); without one, whoever is not on this machine.
/// </summary>
public static class AdminProtection
{
    // A proxy on this machine makes strangers look like neighbours; it says so by one of these. The last is what ASP.NET's own middleware
    // leaves behind when it has overwritten the peer's address.
    private static readonly string[] _forwarding = ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via", "X-Original-For"];

    /// <summary>Protects endpoints, whatever they are: 401 or 403 in the shape of their protocol.</summary>
    /// <typeparam name="TBuilder">One endpoint or a group.</typeparam>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="options">Who may.</param>
    /// <exception cref="ArgumentException">The token is not valid.</exception>
    public static TBuilder RequireAdmin<TBuilder>(this TBuilder endpoints, AdminOptions options)
        where TBuilder : IEndpointConventionBuilder
    {
        if (options.Validate() is { } wrong)
            throw new ArgumentException(wrong, nameof(options));
        var secret = options.Token is { } token ? new Secret(token) : null;
        // Last of all conventions: nothing can be put around the endpoint that runs before this.
        endpoints.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is not { } inner)
                return;
            endpoint.RequestDelegate = context => Refusal(context, secret) is { } refusal ? RequestObserver.ProtocolOf(context).WriteErrorAsync(context, refusal) : inner(context);
        });
        return endpoints;
    }

    private static ApiError? Refusal(HttpContext context, Secret? secret)
    {
        if (secret is null)
        {
            return IsNeighbour(context) ? null : new ApiError(
                ErrorCause.Forbidden, "this route is for callers on the server's own machine; set Admin:Token (ADMIN_TOKEN) to use it from elsewhere", Status: StatusCodes.Status403Forbidden);
        }

        if (secret.IsBearerIn(context.Request.Headers.Authorization))
            return null;
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"orrery\"";
        return new ApiError(ErrorCause.Unauthorized, "this route needs the header 'Authorization: Bearer TOKEN' with the token of Admin:Token (ADMIN_TOKEN)", Status: StatusCodes.Status401Unauthorized);
    }

    private static bool IsNeighbour(HttpContext context)
    {
        foreach (var name in _forwarding)
        {
            if (context.Request.Headers.ContainsKey(name))
                return false;
        }

        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }
}
