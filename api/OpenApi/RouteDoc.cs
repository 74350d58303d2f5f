using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;

namespace Orrery.Api.OpenApi;

/// <summary>The type of a route's body. Not ASP.NET's own metadata, by which routing would refuse other media types without a protocol's shape.</summary>
internal sealed record RequestBodyDoc(Type Type);

/// <summary>Says of a route what the OpenAPI document tells. Routes are plain delegates, so nothing is found by reflection.</summary>
internal static class RouteDoc
{
    private static readonly string[] Json = ["application/json"];

    // The document generator only looks at endpoints that carry a method; this one takes and returns nothing to describe.
    private static readonly MethodInfo Undescribed = ((Delegate)Handler).Method;

    /// <summary>Describes the route.</summary>
    /// <param name="route">The route.</param>
    /// <param name="protocol">The shape of its errors.</param>
    /// <param name="summary">One line.</param>
    /// <param name="request">The body's type; null for none.</param>
    /// <param name="answer">The type of the 200 answer; null for an empty or plain one.</param>
    /// <param name="error">The type of an error's body; null for problem+json.</param>
    /// <param name="statuses">The error statuses.</param>
    public static void Describe(
        this IEndpointConventionBuilder route, Protocol protocol, string summary, Type? request, Type? answer, Type? error, params ReadOnlySpan<int> statuses) =>
        route.Describe(protocol, summary, request, (answer, StatusCodes.Status200OK), error, statuses);

    /// <summary>Describes a route that answers with another status than 200.</summary>
    public static void Describe(
        this IEndpointConventionBuilder route, Protocol protocol, string summary, Type? request, (Type? Type, int Status) answer, Type? error, params ReadOnlySpan<int> statuses)
    {
        var metadata = new List<object>
        {
            protocol,
            Undescribed,
            new ProducesResponseTypeMetadata(answer.Status, answer.Type ?? typeof(void), answer.Type is null ? [] : Json),
        };
        if (request is not null)
            metadata.Add(new RequestBodyDoc(request));
        foreach (var status in statuses)
            metadata.Add(new ProducesResponseTypeMetadata(status, error, error is null ? [] : Json));
        route.WithMetadata([.. metadata]).WithSummary(summary).WithTags(protocol.Name);
    }

    private static Task Handler(HttpContext context) => Task.CompletedTask;
}
