using System.Net;
using System.Text.Json;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Pinecone's refusals in the engine's words. The data plane says <c>{"code","message"}</c>, the control plane <c>{"error":{"code","message"},"status"}</c>.</summary>
internal static class PineconeErrors
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(1);

    /// <summary>What a status that is no success means.</summary>
    public static InferenceError From(HttpStatusCode status, ReadOnlyMemory<byte> body, TimeSpan? retryAfter)
    {
        var message = Message(body.Span) is { Length: > 0 } said ? $"Pinecone: {said}" : $"Pinecone answered {(int)status}";
        return status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(InferenceErrorKind.Unavailable, $"Pinecone refuses the API key ({message})"),
            HttpStatusCode.NotFound => new(InferenceErrorKind.NotFound, message),
            HttpStatusCode.Conflict => new(InferenceErrorKind.Conflict, message),
            HttpStatusCode.RequestEntityTooLarge => new(InferenceErrorKind.TooLarge, message),
            HttpStatusCode.TooManyRequests => new(InferenceErrorKind.Overloaded, message, RetryAfter: retryAfter ?? _soon),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => Unavailable(message, retryAfter),
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => new(InferenceErrorKind.Invalid, message),
            // Payment due, a wrong address, a proxy's page: nothing that the request could mend, nor time.
            _ => new(InferenceErrorKind.Unavailable, message),
        };
    }

    /// <summary>There is no answer now; later there may be.</summary>
    public static InferenceError Unavailable(string message, TimeSpan? retryAfter) => new(InferenceErrorKind.Unavailable, message, RetryAfter: retryAfter ?? _soon);

    /// <summary>The message within an error's body; a short text that is no JSON itself; null for none.</summary>
    private static string? Message(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty || body[0] != (byte)'{')
            return body.Length is > 0 and <= 200 && body[0] != (byte)'<' ? System.Text.Encoding.UTF8.GetString(body).Trim() : null;
        var reader = new Utf8JsonReader(body);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("message"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
                    return reader.GetString();
            }
        }
        catch (JsonException)
        {
            // A body that was cut off says nothing more than its status does.
        }

        return null;
    }
}
