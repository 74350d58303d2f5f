using Microsoft.AspNetCore.Http;

namespace Orrery.Api.Http;

/// <summary>What a request is called in its answer's header and in the log: as its caller calls it, or by a name of ours.</summary>
internal static class RequestId
{
    /// <summary>The header, of requests and of answers.</summary>
    public const string Header = "x-request-id";

    private const int MaxLength = 128;

    /// <summary>Gives the request its name, and says it in the answer.</summary>
    public static void Set(HttpContext context)
    {
        var given = context.Request.Headers[Header];
        if (given is [{ Length: > 0 and <= MaxLength } name] && name.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0)
            context.TraceIdentifier = name;
        context.Response.Headers[Header] = context.TraceIdentifier;
    }
}
