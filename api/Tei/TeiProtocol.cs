using System.Text;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;

namespace Orrery.Api.Tei;

/// <summary>
/// Text Embeddings Inference's errors: <c>{"error","error_type"}</c> with capitalised types; what its web framework refuses before its own
/// code sees the request (bad JSON, wrong types, media type, size) is plain text.
/// </summary>
/// <param name="legacyStatus">Answer 413 to what exceeds a limit, as releases before 1.9 did; otherwise 422.</param>
internal sealed class TeiProtocol(bool legacyStatus) : Protocol
{
    public override string Name => "tei";

    protected override (int Status, string ContentType) Describe(ApiError error, Reply body)
    {
        var (status, type) = Map(error);
        if (type is null)
        {
            body.Raw(Encoding.UTF8.GetBytes(error.Message));
            return (status, "text/plain; charset=utf-8");
        }

        using var json = body.Writer();
        json.WriteStartObject();
        json.WriteString("error", type == "Backend" ? "Backend error: " + error.Message : error.Message);
        json.WriteString("error_type", type);
        json.WriteEndObject();
        return (status, Json);
    }

    private (int Status, string? Type) Map(ApiError error) => error.Cause switch
    {
        ErrorCause.MalformedJson => (400, null),
        ErrorCause.WrongType => (422, null),
        ErrorCause.MediaType => (415, null),
        ErrorCause.BodyTooLarge => (413, null),
        ErrorCause.BodyUnreadable => (error.Status, null),
        ErrorCause.BadHeader => (400, "Validation"),
        ErrorCause.Empty => (400, "Empty"),
        ErrorCause.TooLarge => (legacyStatus ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status422UnprocessableEntity, "Validation"),
        ErrorCause.Unprocessable => (422, "Validation"),
        // Over text, what the engine calls invalid is a token id that the vocabulary does not have.
        ErrorCause.Invalid => (422, "Tokenizer"),
        ErrorCause.ModelNotFound or ErrorCause.RouteNotFound => (404, "Validation"),
        ErrorCause.MethodNotAllowed => (405, "Validation"),
        ErrorCause.ModelNotReady or ErrorCause.Unavailable => (503, "Unhealthy"),
        ErrorCause.Overloaded => (429, "Overloaded"),
        ErrorCause.DeadlineExceeded => (504, "Backend"),
        ErrorCause.WrongTask or ErrorCause.Failed => (424, "Backend"),
        _ => (500, "Backend"),
    };
}
