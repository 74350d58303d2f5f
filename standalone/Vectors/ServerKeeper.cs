using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orrery.Engine;
using Orrery.Standalone.Training;
using Orrery.Training.Data;

namespace Orrery.Standalone.Vectors;

/// <summary>Has a server embed and keep: the one that has the store open, or a cluster's front.</summary>
/// <param name="address">The server's.</param>
/// <param name="model">The model's name; null for the server's default.</param>
internal sealed class ServerKeeper(Uri address, string? model) : IBlockKeeper, IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    private readonly HttpClient _client = new() { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };

    public string Model => $"{address} {model}";

    public async Task<int> KeepAsync(TextRow[] block, UpsertTarget target, CancellationToken cancellation)
    {
        var body = Body(block, target);
        var began = TimeProvider.System.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            var (status, answer, after) = await SendAsync(body, cancellation);
            if (status == HttpStatusCode.OK)
                return Queued(answer!);
            var busy = status is null or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
            if (!busy || TimeProvider.System.GetElapsedTime(began) > _patience)
                throw BulkEmbedder.Located(Message(answer) ?? $"{address} answers {(int?)status}: {answer}", "input[", block);
            // A server that starts anew, or that has more to do than it takes.
            await Task.Delay(after ?? TimeSpan.FromSeconds(Math.Min(5, 0.1 * (1 << Math.Min(attempt, 6)))), cancellation);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<(HttpStatusCode? Status, string? Answer, TimeSpan? After)> SendAsync(byte[] body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/embeddings") { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };
        request.Headers.Add("X-Priority", "bulk");
        try
        {
            using var response = await _client.SendAsync(request, cancellation);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellation), response.Headers.RetryAfter?.Delta);
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message, null);
        }
    }

    private byte[] Body(TextRow[] block, UpsertTarget target)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (model is not null)
                json.WriteString("model", model);
            json.WriteString("encoding_format", "base64");
            json.WriteBoolean("truncate", true);
            Strings("input", block.Select(row => row.Text));
            json.WriteStartObject("upsert");
            if (target.Index is not null)
                json.WriteString("index", target.Index);
            json.WriteString("namespace", target.Namespace);
            Strings("ids", target.Ids);
            if (target.Metadata.Count > 0)
            {
                json.WriteStartArray("metadata");
                foreach (var one in target.Metadata)
                    json.WriteRawValue(one.Span);
                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();

            void Strings(string name, IEnumerable<string> values)
            {
                json.WriteStartArray(name);
                foreach (var value in values)
                    json.WriteStringValue(value);
                json.WriteEndArray();
            }
        }

        return buffer.ToArray();
    }

    private static int Queued(string answer) =>
        JsonNode.Parse(answer)?["upsert"] is { } upsert && upsert["queued"]!.GetValue<bool>() ? upsert["count"]!.GetValue<int>() : 0;

    /// <summary>What an error in OpenAI's shape says; null when it has another.</summary>
    private static string? Message(string? answer)
    {
        try
        {
            return answer is null ? null : JsonNode.Parse(answer)?["error"]?["message"]?.GetValue<string>();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Whatever stands before the server answers as it likes.
            return null;
        }
    }
}
