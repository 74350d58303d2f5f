using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Orrery.Api.Http;

/// <summary>Writes whole JSON bodies: nothing is sent before all of it is made.</summary>
internal static class JsonResponse
{
    // Text is escaped for JSON, not for HTML: answers are read by programs.
    public static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Makes a body and sends it with its length.</summary>
    public static async Task WriteAsync<T>(HttpContext context, T value, Action<Utf8JsonWriter, T> write, string contentType = "application/json")
    {
        using var body = new PooledWriter();
        using (var json = new Utf8JsonWriter(body, Options))
            write(json, value);
        await SendAsync(context, body, contentType);
    }

    /// <summary>Sends a body that is made.</summary>
    public static async Task SendAsync(HttpContext context, PooledWriter body, string contentType = "application/json")
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Written.Length;
        await context.Response.BodyWriter.WriteAsync(body.Written, context.RequestAborted);
    }
}
