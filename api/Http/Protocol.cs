using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Orrery.Api.Http;

/// <summary>A family of routes that speaks one error shape. Endpoints carry theirs as metadata.</summary>
internal abstract class Protocol
{
    protected const string Json = "application/json";

    /// <summary>Its name, the <c>protocol</c> label of the metrics.</summary>
    public abstract string Name { get; }

    /// <summary>The protocol that a request turned out to speak, on a path that two share; null where the path says it.</summary>
    public static Protocol? SpokenIn(HttpContext context) => context.Features.Get<Protocol>();

    /// <summary>Says that a request speaks this one, whatever its path says.</summary>
    public void SpeakIn(HttpContext context) => context.Features.Set<Protocol>(this);

    /// <summary>Answers with an error, or breaks the connection off when part of an answer has been sent.</summary>
    public async Task WriteErrorAsync(HttpContext context, ApiError error)
    {
        RequestObserver.SetCause(context, error.Cause);
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        using var reply = new Reply(512);
        var (status, contentType) = Describe(error, reply);
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            var seconds = Math.Max(1, Math.Ceiling((error.RetryAfter ?? TimeSpan.FromSeconds(1)).TotalSeconds));
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        await reply.CompleteAsync(context);
    }

    /// <summary>Writes the error's body.</summary>
    /// <returns>Its status and media type.</returns>
    protected abstract (int Status, string ContentType) Describe(ApiError error, Reply body);
}
