using System.Globalization;
using Orrery.Engine.Vectors;
using static Orrery.Engine.Tests.Pinecone.ScriptedPinecone;

namespace Orrery.Engine.Tests.Pinecone;

public sealed class TriesTests
{
    private static readonly VectorQuery _query = new() { Index = "talks", Namespace = "ns", Vector = new float[] { 1, 0, 0 }, TopK = 3 };

    [Fact]
    public async Task Every_call_brings_the_key_and_the_version()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Wire("query.json"));
        await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default));
        Assert.Equal(["/indexes/talks", "/query"], rig.Service.Calls.Select(call => call.Path));
        Assert.Equal("talks-8f2c1.svc.test", rig.Service.Calls[1].Host);
        Assert.All(rig.Service.Calls, call => Assert.Equal(("pc-key", "2026-04"), (call.Headers["Api-Key"], call.Headers["X-Pinecone-Api-Version"])));
    }

    [Fact]
    public async Task A_host_is_looked_up_once()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Wire("query.json"));
        for (var i = 0; i < 3; i++)
            await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default));
        Assert.Single(rig.Service.Calls, call => call.Path == "/indexes/talks");
    }

    [Fact]
    public async Task After_429_it_is_tried_again_not_before_the_seconds_that_were_asked_for()
    {
        await using var rig = new Rig();
        rig.Service.Data = _ => rig.Service.To("/query").Count == 1 ? Status(429, "3") : Wire("query.json");
        Assert.Equal(3, (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Value!.Matches.Count);
        var tries = rig.Service.To("/query");
        Assert.Equal(2, tries.Count);
        Assert.InRange(tries[1].At - tries[0].At, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task After_503_it_is_tried_again_not_before_the_date_that_was_named()
    {
        await using var rig = new Rig();
        var date = rig.Time.GetUtcNow().AddSeconds(6);
        rig.Service.Data = _ => rig.Service.To("/query").Count == 1 ? Status(503, date.ToString("r", CultureInfo.InvariantCulture)) : Wire("query.json");
        Assert.Null((await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error);
        Assert.True(rig.Service.To("/query")[1].At >= TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task A_wait_that_nobody_would_sit_through_is_told_instead()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(429, "120"));
        var error = (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error!;
        Assert.Equal((InferenceErrorKind.Overloaded, TimeSpan.FromSeconds(120)), (error.Kind, error.RetryAfter));
        Assert.Single(rig.Service.To("/query"));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task What_a_host_cannot_answer_is_tried_as_often_as_is_set_and_then_told(int status)
    {
        await using var rig = new Rig(Rig.Options with { MaxRetries = 3 }, script: service => service.Data = _ => Status(status));
        var error = (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error!;
        Assert.Equal(InferenceErrorKind.Unavailable, error.Kind);
        Assert.NotNull(error.RetryAfter);
        var tries = rig.Service.To("/query");
        Assert.Equal(4, tries.Count);
        // Each wait is spread around the double of the one before; the sum of all is far more than three times the first.
        Assert.True(tries[3].At - tries[0].At > TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task A_broken_connection_is_tried_again()
    {
        await using var rig = new Rig();
        rig.Service.Data = _ => rig.Service.To("/query").Count < 3 ? throw new HttpRequestException("reset") : Wire("query.json");
        Assert.Null((await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error);
        Assert.Equal(3, rig.Service.To("/query").Count);
    }

    [Fact]
    public async Task A_try_that_hangs_is_given_up_and_made_again()
    {
        await using var rig = new Rig(Rig.Options with { Timeout = TimeSpan.FromSeconds(3) });
        rig.Service.Data = _ => rig.Service.To("/query").Count == 1 ? new Hanging() : Wire("query.json");
        Assert.Null((await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error);
        var tries = rig.Service.To("/query");
        Assert.True(tries[1].At - tries[0].At >= TimeSpan.FromSeconds(3));
    }

    [Theory]
    [InlineData(400, InferenceErrorKind.Invalid)]
    [InlineData(401, InferenceErrorKind.Unavailable)]
    [InlineData(402, InferenceErrorKind.Unavailable)]
    [InlineData(403, InferenceErrorKind.Unavailable)]
    [InlineData(409, InferenceErrorKind.Conflict)]
    [InlineData(413, InferenceErrorKind.TooLarge)]
    [InlineData(422, InferenceErrorKind.Invalid)]
    public async Task A_refusal_is_not_tried_again_and_told_in_Pinecones_words(int status, InferenceErrorKind kind)
    {
        await using var rig = new Rig(script: service => service.Data = _ => Wire("error-data.json", (System.Net.HttpStatusCode)status));
        var error = (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error!;
        Assert.Equal((kind, (TimeSpan?)null), (error.Kind, error.RetryAfter));
        Assert.Contains("does not match the dimension of the index 3", error.Message, StringComparison.Ordinal);
        Assert.Single(rig.Service.To("/query"));
        if (status is 401 or 403)
            Assert.StartsWith("Pinecone refuses the API key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_fails_too_often_is_left_alone_for_a_while()
    {
        await using var rig = new Rig(Rig.Options with { MaxRetries = 0, BreakerTries = 4, BreakerDelay = TimeSpan.FromSeconds(15) }, script: service => service.Data = _ => Status(500));
        for (var i = 0; i < 10; i++)
            Assert.NotNull((await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error);
        Assert.Equal(4, rig.Service.To("/query").Count);
        var error = (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error!;
        Assert.Contains("left alone", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.RetryAfter!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(15));

        rig.Service.Data = _ => Wire("query.json");
        rig.Time.Advance(TimeSpan.FromSeconds(16));
        Assert.Null((await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error);
    }

    [Fact]
    public async Task A_namespace_with_too_many_requests_does_not_close_the_host_to_others()
    {
        await using var rig = new Rig(Rig.Options with { MaxRetries = 0, BreakerTries = 4 });
        rig.Service.Data = call => call.Body.Contains("\"ns\"", StringComparison.Ordinal) ? Status(429) : Wire("query.json");
        for (var i = 0; i < 10; i++)
            Assert.Equal(InferenceErrorKind.Overloaded, (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error!.Kind);
        Assert.Null((await rig.Time.PassAsync(rig.Store.QueryAsync(_query with { Namespace = "quiet" }, default))).Error);
    }

    [Fact]
    public async Task An_index_that_has_moved_is_found_where_it_is_now()
    {
        await using var rig = new Rig();
        rig.Service.Data = call => call.Host == "talks-8f2c1.svc.test" ? Wire("query.json") : Status(404);
        await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default));
        rig.Service.Control = _ => Json(Text("index.json").Replace("talks-8f2c1", "talks-new", StringComparison.Ordinal));
        rig.Service.Data = call => call.Host == "talks-new.svc.test" ? Wire("query.json") : Status(404);
        Assert.Equal(3, (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Value!.Matches.Count);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_looked_up_anew()
    {
        await using var rig = new Rig(Rig.Options with { MaxRetries = 0 });
        rig.Service.Data = _ => Wire("query.json");
        await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default));
        rig.Service.Control = _ => Json(Text("index.json").Replace("talks-8f2c1", "talks-new", StringComparison.Ordinal));
        rig.Service.Data = call => call.Host == "talks-new.svc.test" ? Wire("query.json") : throw new HttpRequestException("no such host");
        Assert.Equal(InferenceErrorKind.Unavailable, (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error!.Kind);
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null((await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error);
    }

    [Fact]
    public async Task A_caller_that_gives_up_gets_the_cancellation_and_nothing_else()
    {
        await using var rig = new Rig(script: service => service.Data = _ => new Hanging());
        using var cancel = new CancellationTokenSource();
        var asked = rig.Store.QueryAsync(_query, cancel.Token).AsTask();
        await rig.Time.PassUntilAsync(() => rig.Service.To("/query").Count == 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
    }

    [Fact]
    public async Task An_answer_that_is_not_what_the_contract_says_is_a_failure()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Json("<html>"));
        Assert.Equal(InferenceErrorKind.Failed, (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error!.Kind);
        rig.Service.Data = _ => Json("""{"matches":[{"id":"a","score":"high"}]}""");
        Assert.Equal(InferenceErrorKind.Failed, (await rig.Time.PassAsync(rig.Store.QueryAsync(_query, default))).Error!.Kind);
    }
}
