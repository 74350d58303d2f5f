using Microsoft.AspNetCore.Builder;

namespace Orrery.Api.OpenApi;

/// <summary>What the API's page says of a route.</summary>
/// <param name="Tag">The protocol it belongs to.</param>
/// <param name="Summary">One line.</param>
/// <param name="Example">A request body that works with the models that ship, as JSON; null where there is none.</param>
internal sealed record RouteDescription(string Tag, string Summary, string? Example);

/// <summary>Attaches descriptions to routes.</summary>
internal static class RouteDescriptionExtensions
{
    public static void Describe(this IEndpointConventionBuilder route, string tag, string summary, string? example = null) =>
        route.WithMetadata(new RouteDescription(tag, summary, example));
}
