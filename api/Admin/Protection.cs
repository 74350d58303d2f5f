using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Api.OpenApi;

namespace Orrery.Api.Admin;

/// <summary>Puts checks before endpoints, whatever they are: who fails one is answered in the shape of their protocol.</summary>
public static class Protection
{
    /// <summary>
    /// Keeps endpoints from whoever may not administer: with a token, from those who do not bring it as <c>Authorization: Bearer</c> (RFC 6750); without one,
    /// from those who are not surely on this machine; and from web pages either way.
    /// </summary>
    /// <typeparam name="TBuilder">One endpoint or a group.</typeparam>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="options">Who may.</param>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public static TBuilder RequireAdmin<TBuilder>(this TBuilder endpoints, AdminOptions options)
        where TBuilder : IEndpointConventionBuilder
    {
        if (options.Validate() is { } wrong)
            throw new ArgumentException(wrong, nameof(options));
        endpoints.WithMetadata(new SecurityDoc(OperationSecurity.Token, options.Token is not null));
        return endpoints.Require(new ChangeGuard(options).Administer);
    }

    /// <summary>Puts a check before endpoints.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="check">Says why a request is refused; null when it is not.</param>
    internal static TBuilder Require<TBuilder>(this TBuilder endpoints, Func<HttpContext, ApiError?> check)
        where TBuilder : IEndpointConventionBuilder
    {
        // Last of all conventions: nothing can be put around the endpoint that runs before this.
        endpoints.Finally(endpoint =>
        {
            if (endpoint.RequestDelegate is not { } inner)
                return;
            endpoint.RequestDelegate = context => check(context) is { } refusal ? RequestObserver.ProtocolOf(context).WriteErrorAsync(context, refusal) : inner(context);
        });
        return endpoints;
    }
}
