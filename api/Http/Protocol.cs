using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Orrery.Api.Http;

/// <summary>One protocol's way of telling errors.</summary>
internal abstract class Protocol
{
    /// <summary>Its name in metrics.</summary>
    public abstract string Name { get; }

    /// <summary>The status this protocol uses for an error.</summary>
    public virtual int StatusOf(ApiError error) => error.Status;

    /// <summary>The error's body.</summary>
    public abstract void Write(Utf8JsonWriter json, ApiError error);

    /// <summary>Answers with an error.</summary>
    public async Task RespondAsync(HttpContext context, ApiError error)
    {
        context.Features.Set(error);
        context.Response.StatusCode = StatusOf(error);
        if (error.RetryAfter is { } retry)
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(retry.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        await JsonResponse.WriteAsync(context, error, (json, one) => Write(json, one), ContentType);
    }

    /// <summary>The error body's media type.</summary>
    protected virtual string ContentType => "application/json";
}
