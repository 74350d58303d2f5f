using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>What every request over texts may say in its headers.</summary>
/// <param name="Priority">X-Priority: interactive (the default) or bulk.</param>
/// <param name="Timeout">X-Timeout-Ms: how long the caller waits; null for the server's limit.</param>
internal readonly record struct CallOptions(Priority Priority, TimeSpan? Timeout);

/// <summary>Answers one request: writes the body, or says why there is none.</summary>
/// <param name="fields">The request's object.</param>
/// <param name="options">From its headers.</param>
/// <param name="json">Receives the answer's body.</param>
/// <param name="cancellation">Fires when the caller disconnects.</param>
internal delegate ValueTask<ApiError?> JsonHandler(Fields fields, CallOptions options, Utf8JsonWriter json, CancellationToken cancellation);

/// <summary>From socket to handler and back, the same for every JSON route: limits, encoding, errors, cancellation.</summary>
internal static class JsonEndpoint
{
    // Requests nest three deep at most; JSON parsers are attacked with depth.
    private static readonly JsonDocumentOptions _parsing = new() { MaxDepth = 16 };

    /// <summary>Makes a route's delegate.</summary>
    public static RequestDelegate Create(Protocol protocol, ApiOptions options, JsonHandler handler) => async context =>
    {
        context.Features.Set(protocol);
        if (await HandleAsync(context, options, handler) is { } error)
            await protocol.RespondAsync(context, error);
    };

    private static async ValueTask<ApiError?> HandleAsync(HttpContext context, ApiOptions options, JsonHandler handler)
    {
        if (!IsJson(context.Request.ContentType))
            return new ApiError(StatusCodes.Status415UnsupportedMediaType, InferenceErrorKind.Invalid, "Content-Type must be application/json");
        if (ReadHeaders(context.Request.Headers, out var call) is { } wrong)
            return wrong;
        var (body, status, message) = await RequestBody.ReadAsync(context, options.MaxBodyBytes, context.RequestAborted);
        if (body is null)
            return new ApiError(status, status == StatusCodes.Status413PayloadTooLarge ? InferenceErrorKind.TooLarge : InferenceErrorKind.Invalid, message!);
        using (body)
        {
            if (!Utf8.IsValid(body.Bytes.Span))
                return ApiError.Invalid("the body is not valid UTF-8");
            JsonDocument document;
            try
            {
                document = JsonDocument.Parse(body.Bytes, _parsing);
            }
            catch (JsonException e)
            {
                return ApiError.Invalid($"the body is not valid JSON: {e.Message}");
            }

            using (document)
            {
                return document.RootElement.ValueKind == JsonValueKind.Object
                    ? await AnswerAsync(context, document.RootElement, call, handler)
                    : ApiError.Invalid("the body must be a JSON object");
            }
        }
    }

    private static async ValueTask<ApiError?> AnswerAsync(HttpContext context, JsonElement root, CallOptions call, JsonHandler handler)
    {
        using var response = new PooledWriter();
        using var json = new Utf8JsonWriter(response, JsonResponse.Options);
        if (await handler(new Fields(root), call, json, context.RequestAborted) is { } error)
            return error;
        json.Flush();
        await JsonResponse.SendAsync(context, response);
        return null;
    }

    private static bool IsJson(string? contentType) =>
        contentType is not null && (contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase)
            || contentType.Contains("+json", StringComparison.OrdinalIgnoreCase));

    private static ApiError? ReadHeaders(IHeaderDictionary headers, out CallOptions call)
    {
        call = default;
        TimeSpan? timeout = null;
        if (headers.TryGetValue("X-Timeout-Ms", out var milliseconds))
        {
            if (!int.TryParse(milliseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value == 0)
                return ApiError.Invalid("X-Timeout-Ms must be a positive integer of milliseconds", "X-Timeout-Ms");
            timeout = TimeSpan.FromMilliseconds(value);
        }

        var priority = headers["X-Priority"].ToString();
        if (priority is not ("" or "interactive" or "bulk"))
            return ApiError.Invalid("X-Priority must be interactive or bulk", "X-Priority");
        call = new CallOptions(priority == "bulk" ? Priority.Bulk : Priority.Interactive, timeout);
        return null;
    }
}
