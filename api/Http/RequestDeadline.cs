using Microsoft.AspNetCore.Http;

namespace Orrery.Api.Http;

/// <summary>The deadline that a caller brings, over all that a route does: what runs in the engine the engine ends itself; this is for the rest.</summary>
internal static class RequestDeadline
{
    /// <summary>Answers a request, or says that it is late.</summary>
    /// <param name="context">The request.</param>
    /// <param name="timeout">How long its caller waits; null for no limit of its own.</param>
    /// <param name="answer">Answers, and gives up when told to.</param>
    public static async ValueTask<ApiError?> WithinAsync(HttpContext context, TimeSpan? timeout, Func<CancellationToken, ValueTask<ApiError?>> answer)
    {
        if (timeout is not { } limit)
            return await answer(context.RequestAborted);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        deadline.CancelAfter(limit);
        try
        {
            return await answer(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            return new(ErrorCause.DeadlineExceeded, $"the deadline of {limit.TotalMilliseconds:F0} ms passed before the answer was there");
        }
    }
}
