using System.Text;
using Orrery.Api.Tests.Support;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Tests.Pinecone;

/// <summary>Starts servers before a store, and asks them.</summary>
internal static class PineconeServer
{
    public static Task<ApiServer> StartAsync(IInferenceBackend backend, IVectorStore store, string? key = null) => ApiServer.StartAsync(
        backend, new ApiOptions { PineconeKey = key }, vectors: store);

    public static async Task<Answer> SendAsync(this ApiServer server, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await server.SendAsync(request);
    }

    /// <summary>The data plane's error shape, with this code and all of these words in the message.</summary>
    public static void AssertRefused(this Answer answer, int status, int code, params string[] words)
    {
        Assert.True(answer.Status == status, $"{answer.Status}, not {status}: {answer.Body}");
        Assert.Equal(code, answer.Json.GetProperty("code").GetInt32());
        Assert.Equal(0, answer.Json.GetProperty("details").GetArrayLength());
        AssertWords(answer.Json.GetProperty("message").GetString()!, words);
    }

    /// <summary>The control plane's error shape.</summary>
    public static void AssertRefused(this Answer answer, int status, string code, params string[] words)
    {
        Assert.True(answer.Status == status, $"{answer.Status}, not {status}: {answer.Body}");
        Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
        Assert.Equal(code, answer.Json.GetProperty("error").GetProperty("code").GetString());
        AssertWords(answer.Json.GetProperty("error").GetProperty("message").GetString()!, words);
    }

    private static void AssertWords(string message, string[] words)
    {
        foreach (var word in words)
            Assert.Contains(word, message, StringComparison.Ordinal);
    }
}
