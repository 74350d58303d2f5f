using System.Net;
using System.Text;
using System.Text.Json;
using Orrery.Engine.Tests.Support;

namespace Orrery.Engine.Tests.Pinecone;

/// <summary>What Pinecone says, as a test tells it: the control plane knows index "talks" of recorded shape, the rest is scripted.</summary>
internal sealed class ScriptedPinecone(VirtualTime time) : HttpMessageHandler
{
    private readonly Lock _gate = new();
    private readonly List<Call> _calls = [];

    /// <summary>Answers calls of the data plane.</summary>
    public Func<Call, HttpResponseMessage> Data { get; set; } = static _ => Json("{}");

    /// <summary>Answers calls of the control plane.</summary>
    public Func<Call, HttpResponseMessage> Control { get; set; } = static _ => Wire("index.json");

    /// <summary>All calls so far, in order.</summary>
    public IReadOnlyList<Call> Calls
    {
        get
        {
            lock (_gate)
                return [.. _calls];
        }
    }

    /// <summary>Calls of the data plane to one path.</summary>
    public IReadOnlyList<Call> To(string path) => [.. Calls.Where(call => call.Host != "api.pinecone.io" && call.Path == path)];

    public static string Text(string file) => File.ReadAllText(Path.Combine(Repository.Root, "tests", "Orrery.Engine.Tests", "Pinecone", "Wire", file));

    /// <summary>A recorded shape.</summary>
    public static HttpResponseMessage Wire(string file, HttpStatusCode status = HttpStatusCode.OK) => Json(Text(file), status);

    public static HttpResponseMessage Json(string json, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Status(int status, string? retryAfter = null)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent([]) };
        if (retryAfter is not null)
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var address = request.RequestUri!;
        var call = new Call(
            request.Method.Method, address.Host, address.AbsolutePath, address.Query, body, time.Now,
            request.Headers.ToDictionary(header => header.Key, header => string.Join(' ', header.Value)));
        lock (_gate)
            _calls.Add(call);
        var answer = call.Host == "api.pinecone.io" ? Control(call) : Data(call);
        if (answer is Hanging)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        answer.RequestMessage = request;
        return answer;
    }

    /// <summary>No answer at all.</summary>
    public sealed class Hanging : HttpResponseMessage;

    public sealed record Call(string Method, string Host, string Path, string Query, string Body, TimeSpan At, IReadOnlyDictionary<string, string> Headers)
    {
        public JsonElement Json => JsonDocument.Parse(Body).RootElement;

        public IEnumerable<string> Ids => Json.GetProperty("vectors").EnumerateArray().Select(vector => vector.GetProperty("id").GetString()!);
    }
}
