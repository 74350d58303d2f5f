using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Admin;
using Orrery.Api.Http;

namespace Orrery.Api.Pinecone;

/// <summary>Keeps the routes from those who do not bring the key.</summary>
internal static class PineconeProtection
{
    /// <summary>Pinecone's header.</summary>
    public const string Header = "Api-Key";

    /// <summary>Protects endpoints: 401 in the shape of their protocol.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="key">The key.</param>
    public static void RequireKey(this IEndpointConventionBuilder endpoints, string key)
    {
        var secret = new Secret(key);
        endpoints.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is not { } inner)
                return;
            endpoint.RequestDelegate = context => Brings(context, secret) ? inner(context) : RefuseAsync(context);
        });
    }

    private static bool Brings(HttpContext context, Secret secret) =>
        secret.IsIn(context.Request.Headers[Header]) || secret.IsBearerIn(context.Request.Headers.Authorization);

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = Header;
        return RequestObserver.ProtocolOf(context).WriteErrorAsync(context, new(ErrorCause.Unauthorized, $"this route needs the header {Header} with the key of this server", Header));
    }
}
