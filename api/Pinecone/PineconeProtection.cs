using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Admin;
using Orrery.Api.Http;

namespace Orrery.Api.Pinecone;

/// <summary>Keeps the routes from those who do not bring the key.</summary>
internal static class PineconeProtection
{
    /// <summary>Protects endpoints: 401 in the shape of their protocol.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="guard">Knows the key.</param>
    public static void RequireKey(this IEndpointConventionBuilder endpoints, ChangeGuard guard) => endpoints.Require(context => guard.BringsKey(context) ? null : Refusal(context));

    /// <summary>What who does not bring it is told.</summary>
    public static ApiError Refusal(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = ChangeGuard.KeyHeader;
        return new(ErrorCause.Unauthorized, $"this route needs the header {ChangeGuard.KeyHeader} with the key of this server", ChangeGuard.KeyHeader, Status: StatusCodes.Status401Unauthorized);
    }
}
