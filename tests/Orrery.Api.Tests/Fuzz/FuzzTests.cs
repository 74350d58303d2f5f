using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Fuzz;

/// <summary>Whatever is sent, the server answers with something it can stand by, and lives.</summary>
public abstract class FuzzTests(BackendFixture fixture)
{
    private const int Requests = 3000;
    private const long Most = 64 << 20;

    private int _answered;

    [Fact]
    public async Task Answers_anything_without_failing()
    {
        await SendSomeAsync(200);
        var before = HeldBytes();
        await SendSomeAsync(Requests);
        // Other tests hold something too, for a while; what leaks stays.
        var grown = HeldBytes() - before;
        for (var tries = 0; grown >= Most && tries < 20; tries++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            grown = HeldBytes() - before;
        }

        // A campaign of refusals alone would say little.
        Assert.True(_answered > Requests / 10, $"only {_answered} of {Requests} requests were good enough for an answer");
        Assert.True(grown < Most, $"{grown} bytes more are held after {Requests} requests");
        Assert.Empty(fixture.Server.LoggedErrors.Messages);
        Assert.Equal(200, (await fixture.Server.PostAsync("/embed", """{"inputs":"still there"}""")).Status);
        await fixture.Server.AssertNothingInFlightAsync();
    }

    // FsCheck's properties are synchronous; on its own thread, waiting takes none from the server's pool.
    private Task SendSomeAsync(int count) => Task.Factory.StartNew(
        () => Prop.ForAll(RequestGenerator.Requests.ToArbitrary(), request => Judge(request, SendAsync(request).GetAwaiter().GetResult()))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(count)),
        TaskCreationOptions.LongRunning);

    private Property Judge(FuzzRequest request, Answer answer)
    {
        if (answer.Status == 200)
            _answered++;
        var reasoned = answer.Status is 503 or 504 && (answer.Body.Length > 0 || request.Method == "HEAD");
        // The Open Inference Protocol's own answer to an encoding that it does not know.
        reasoned |= answer.Status == 501 && request.Path.StartsWith("/v2", StringComparison.Ordinal) && request.Headers.Any(header => header.Name == "Content-Encoding");
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
