using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Fuzz;

/// <summary>Whatever is sent, the server answers with something it can stand by, and lives.</summary>
public abstract class FuzzTests(BackendFixture fixture)
{
    private const int Requests = 3000;

    [Fact]
    public async Task Answers_anything_without_failing()
    {
        await SendSomeAsync(200);
        var before = HeldBytes();
        await SendSomeAsync(Requests);
        var grown = HeldBytes() - before;

        Assert.True(grown < 64 << 20, $"{grown} bytes more are held after {Requests} requests");
        Assert.Empty(fixture.Server.LoggedErrors.Messages);
        Assert.Equal(200, (await fixture.Server.PostAsync("/embed", """{"inputs":"still there"}""")).Status);
        // A request is counted out just after its answer is sent; what is still counted in after that has leaked.
        string metrics;
        var tries = 0;
        do
            metrics = (await fixture.Server.GetAsync("/metrics")).Body;
        while (!metrics.Contains("orrery_api_requests_in_flight 1\n", StringComparison.Ordinal) && ++tries < 1000);
        Assert.Contains("orrery_api_requests_in_flight 1\n", metrics, StringComparison.Ordinal);
    }

    // FsCheck's properties are synchronous; on its own thread, waiting takes none from the server's pool.
    private Task SendSomeAsync(int count) => Task.Factory.StartNew(
        () => Prop.ForAll(RequestGenerator.Requests.ToArbitrary(), request => Judge(request, SendAsync(request).GetAwaiter().GetResult()))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(count)),
        TaskCreationOptions.LongRunning);

    private static Property Judge(FuzzRequest request, Answer answer)
    {
        // 501 is what the Open Inference Protocol answers to a body in an encoding it does not know.
        var reasoned = (answer.Status is 503 or 504 || (answer.Status == 501 && answer.Body.Contains("Content-Encoding", StringComparison.Ordinal)))
            && (answer.Body.Length > 0 || request.Method == "HEAD");
        return (answer.Status < 500 || reasoned).Label($"{answer.Status} {answer.Body} to {request}");
    }

    private async Task<Answer> SendAsync(FuzzRequest fuzz)
    {
        using var request = new HttpRequestMessage(new HttpMethod(fuzz.Method), fuzz.Path);
        if (fuzz.Method is not ("GET" or "HEAD"))
            request.Content = new ByteArrayContent(fuzz.Body);
        if (fuzz.ContentType is not null)
            request.Content?.Headers.TryAddWithoutValidation("Content-Type", fuzz.ContentType);
        foreach (var (name, value) in fuzz.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        return await fixture.Server.SendAsync(request);
    }

    private static long HeldBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalFuzzTests(LocalFixture fixture) : FuzzTests(fixture);
