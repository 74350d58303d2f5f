using Microsoft.AspNetCore.Http;

namespace Orrery.Api.Http;

/// <summary>One POST of JSON and its answer, as a route's handler sees it.</summary>
/// <param name="Context">The connection's side of it.</param>
/// <param name="Body">The request's bytes, valid until the handler returns.</param>
/// <param name="Headers">Priority and deadline.</param>
/// <param name="Reply">Where the answer is written.</param>
/// <param name="Cancellation">Fires when the client goes away, and at the deadline that it brought.</param>
/// <param name="Model">The model that another than the body has chosen; null where the body does.</param>
internal readonly record struct JsonExchange(HttpContext Context, ReadOnlyMemory<byte> Body, RequestHeaders Headers, Reply Reply, CancellationToken Cancellation, string? Model = null)
{
    /// <summary>Wraps a handler into what routing calls: reads headers and body, sends the answer or the error.</summary>
    /// <param name="protocol">The shape of errors.</param>
    /// <param name="options">The limits.</param>
    /// <param name="handler">Writes the answer, or says why there is none.</param>
    /// <param name="lines">Whether the body may be announced as lines of JSON too.</param>
    public static RequestDelegate Handle(Protocol protocol, ApiOptions options, Func<JsonExchange, ValueTask<ApiError?>> handler, bool lines = false) => async context =>
    {
        var error = await AnswerAsync(context, options, handler, lines);
        if (error is not null)
            await (Protocol.SpokenIn(context) ?? protocol).WriteErrorAsync(context, error);
    };

    private static async ValueTask<ApiError?> AnswerAsync(HttpContext context, ApiOptions options, Func<JsonExchange, ValueTask<ApiError?>> handler, bool lines)
    {
        if (!RequestHeaders.IsJson(context.Request.ContentType) && !(lines && RequestHeaders.IsLines(context.Request.ContentType)))
            return new(ErrorCause.MediaType, "Expected request with `Content-Type: application/json`");
        if (!RequestHeaders.TryRead(context, out var headers, out var error))
            return error;
        return headers.Timeout is null
            ? await AnswerAsync(context, options, headers, handler, context.RequestAborted)
            : await RequestDeadline.WithinAsync(context, headers.Timeout, cancellation => AnswerAsync(context, options, headers, handler, cancellation));
    }

    private static async ValueTask<ApiError?> AnswerAsync(
        HttpContext context, ApiOptions options, RequestHeaders headers, Func<JsonExchange, ValueTask<ApiError?>> handler, CancellationToken cancellation)
    {
        var (body, status, message) = await RequestBody.ReadAsync(context, options.MaxBodyBytes, cancellation);
        if (body is null)
        {
            var cause = status switch
            {
                StatusCodes.Status413PayloadTooLarge => ErrorCause.BodyTooLarge,
                StatusCodes.Status415UnsupportedMediaType => ErrorCause.MediaType,
                StatusCodes.Status503ServiceUnavailable => ErrorCause.Unavailable,
                _ => ErrorCause.BodyUnreadable,
            };
            return new(cause, message!, Status: status);
        }

        using (body)
        using (var reply = new Reply())
        {
            var error = await handler(new(context, body.Bytes, headers, reply, cancellation));
            if (error is null)
                await reply.CompleteAsync(context);
            return error;
        }
    }
}
