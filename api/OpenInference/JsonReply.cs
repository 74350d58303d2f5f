using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;

namespace Orrery.Api.OpenInference;

/// <summary>Answers that are an object and no tensors.</summary>
internal static class JsonReply
{
    /// <summary>Makes the whole body, then sends it.</summary>
    public static async Task SendAsync<T>(HttpContext context, T value, Action<Utf8JsonWriter, T> write)
    {
        using var reply = new Reply();
        using (var json = reply.Writer())
            write(json, value);
        await reply.CompleteAsync(context);
    }
}
