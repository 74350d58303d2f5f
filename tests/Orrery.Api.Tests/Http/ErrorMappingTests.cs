using Orrery.Api.Tests.Support;
using Orrery.Engine;

namespace Orrery.Api.Tests.Http;

[Collection(LocalFixture.Collection)]
public sealed class ErrorMappingTests(LocalFixture fixture)
{
    [Theory]
    [InlineData(InferenceErrorKind.Invalid, 422, "Tokenizer", 400)]
    [InlineData(InferenceErrorKind.Empty, 400, "Empty", 400)]
    [InlineData(InferenceErrorKind.TooLarge, 422, "Validation", 400)]
    [InlineData(InferenceErrorKind.Unprocessable, 422, "Validation", 400)]
    [InlineData(InferenceErrorKind.ModelNotFound, 404, "Validation", 404)]
    [InlineData(InferenceErrorKind.ModelNotReady, 503, "Unhealthy", 503)]
    [InlineData(InferenceErrorKind.WrongTask, 424, "Backend", 400)]
    [InlineData(InferenceErrorKind.Overloaded, 429, "Overloaded", 429)]
    [InlineData(InferenceErrorKind.DeadlineExceeded, 504, "Backend", 504)]
    [InlineData(InferenceErrorKind.Failed, 424, "Backend", 500)]
    public async Task Gives_every_kind_of_error_each_protocols_status_and_shape(InferenceErrorKind kind, int tei, string type, int openAi)
    {
        var error = new InferenceError(kind, "why it was refused", "inputs", TimeSpan.FromMilliseconds(1200));
        await using var server = await ApiServer.StartAsync(new RefusingBackend(fixture.Backend, error));
        (string Route, string Body)[] requests =
        [
            ("/embed", """{"inputs":"a"}"""), ("/embed_all", """{"inputs":"a"}"""), ("/predict", """{"inputs":"a"}"""),
            ("/rerank", """{"query":"a","texts":["b"]}"""), ("/similarity", """{"inputs":{"source_sentence":"a","sentences":["b"]}}"""),
            ("/tokenize", """{"inputs":"a"}"""), ("/decode", """{"ids":[1]}"""),
        ];
        foreach (var (route, body) in requests)
        {
            var answer = await server.PostAsync(route, body);
            Tei.TeiTests.AssertError(answer, tei, type);
            Assert.Contains("why it was refused", answer.Body, StringComparison.Ordinal);
            AssertRetryAfter(answer);
        }

        var embeddings = await server.PostAsync("/v1/embeddings", """{"input":"a"}""");
        Assert.Equal(openAi, embeddings.Status);
        Assert.Equal("why it was refused", embeddings.Json.GetProperty("error").GetProperty("message").GetString());
        AssertRetryAfter(embeddings);
    }

    [Fact]
    public async Task Tells_a_client_that_left_from_a_failure()
    {
        var reached = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        await using var server = await ApiServer.StartAsync(new RefusingBackend(fixture.Backend, async cancellation =>
        {
            await using var registration = cancellation.Register(left.SetResult);
            reached.SetResult();
            await left.Task;
            cancellation.ThrowIfCancellationRequested();
            throw new InvalidOperationException("not reached");
        }));
        using var leave = new CancellationTokenSource();
        using var content = new StringContent("""{"inputs":"a"}""", System.Text.Encoding.UTF8, "application/json");
        var request = server.Client.PostAsync("/embed", content, leave.Token);
        await reached.Task;
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await left.Task;

        var metrics = "";
        for (var i = 0; i < 100 && !metrics.Contains("status=\"499\"", StringComparison.Ordinal); i++)
            metrics = (await server.GetAsync("/metrics")).Body;
        Assert.Contains("orrery_api_requests_total{route=\"/embed\",protocol=\"tei\",status=\"499\"}", metrics, StringComparison.Ordinal);
        Assert.Empty(server.LoggedErrors.Messages);
    }

    [Fact]
    public async Task Answers_in_the_protocols_shape_when_a_backend_throws_and_logs_it()
    {
        await using var server = await ApiServer.StartAsync(new RefusingBackend(fixture.Backend, _ => throw new InvalidOperationException("secret detail")));
        Tei.TeiTests.AssertError(await server.PostAsync("/embed", """{"inputs":"a"}"""), 500, "Backend");
        var answer = await server.PostAsync("/v1/embeddings", """{"input":"a"}""");
        Assert.Equal("server_error", answer.Json.GetProperty("error").GetProperty("type").GetString());
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        Assert.Contains(server.LoggedErrors.Messages, message => message.Contains("secret detail", StringComparison.Ordinal));
    }

    private static void AssertRetryAfter(Answer answer)
    {
        if (answer.Status is 429 or 503)
            Assert.Equal(TimeSpan.FromSeconds(2), answer.Headers.RetryAfter!.Delta);
        else
            Assert.Null(answer.Headers.RetryAfter);
    }
}
