using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orrery.Engine;

namespace Orrery.Api.Http;

/// <summary>What a caller may say in headers on every inference route.</summary>
/// <param name="Priority"><c>X-Priority</c>: interactive (default) or bulk.</param>
/// <param name="Timeout"><c>X-Timeout-Ms</c>: how long the caller waits, 1 ms to an hour; null when not said.</param>
internal readonly record struct RequestHeaders(Priority Priority, TimeSpan? Timeout)
{
    public const string PriorityName = "X-Priority";
    public const string TimeoutName = "X-Timeout-Ms";

    private const int MaxTimeoutMs = 3_600_000;

    /// <summary>The sooner one of this deadline and another; null where neither is said.</summary>
    public TimeSpan? Sooner(TimeSpan? other) => Timeout is not { } own ? other : other is { } given && given < own ? given : own;

    /// <summary>Reads both.</summary>
    public static bool TryRead(HttpContext context, out RequestHeaders headers, out ApiError? error)
    {
        headers = default;
        error = null;
        var priority = Priority.Interactive;
        TimeSpan? timeout = null;
        if (context.Request.Headers.TryGetValue(PriorityName, out var named) && named.ToString() is { Length: > 0 } name)
        {
            if (name.Equals("bulk", StringComparison.OrdinalIgnoreCase))
                priority = Priority.Bulk;
            else if (!name.Equals("interactive", StringComparison.OrdinalIgnoreCase))
                error = new(ErrorCause.BadHeader, $"{PriorityName} must be interactive or bulk", PriorityName);
        }

        if (context.Request.Headers.TryGetValue(TimeoutName, out var given) && given.ToString() is { Length: > 0 } text)
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) && ms is > 0 and <= MaxTimeoutMs)
                timeout = TimeSpan.FromMilliseconds(ms);
            else
                error ??= new(ErrorCause.BadHeader, $"{TimeoutName} must be an integer from 1 to {MaxTimeoutMs}", TimeoutName);
        }

        headers = new(priority, timeout);
        return error is null;
    }

    /// <summary>Whether the body is announced as JSON.</summary>
    public static bool IsJson(string? contentType)
    {
        var type = MediaType(contentType);
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether the body is announced as lines of JSON, or as text, which is what Pinecone's JavaScript client calls them.</summary>
    public static bool IsLines(string? contentType)
    {
        var type = MediaType(contentType);
        return type.Equals("application/x-ndjson", StringComparison.OrdinalIgnoreCase) || type.Equals("application/jsonl", StringComparison.OrdinalIgnoreCase)
            || type.Equals("text/plain", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The type alone, without parameters.</summary>
    public static ReadOnlySpan<char> MediaType(string? contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim();
    }
}
