using System.Diagnostics.Metrics;
using System.Net;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Outbox;
using static Orrery.Engine.Tests.Pinecone.ScriptedPinecone;

namespace Orrery.Engine.Tests.Pinecone;

public sealed class OutboxTests
{
    private const string Upserts = "/vectors/upsert";

    [Fact]
    public async Task While_Pinecone_answers_nothing_is_queued()
    {
        await using var rig = new Rig();
        Assert.Equal(new UpsertReceipt(2), (await rig.UpsertAsync("a", "b")).Value);
        Assert.Equal(0, rig.Store.QueuedRecords);
    }

    [Fact]
    public async Task What_cannot_be_delivered_is_queued_and_sent_in_order_once_Pinecone_is_well()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        for (var i = 0; i < 5; i++)
            Assert.Equal(new UpsertReceipt(1, Queued: true), (await rig.UpsertAsync($"r{i}")).Value);
        Assert.Equal(5, rig.Store.QueuedRecords);
        rig.Service.Data = _ => Json("{}");
        var seen = rig.Service.Calls.Count;
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
        Assert.Equal(["r0", "r1", "r2", "r3", "r4"], rig.Service.Calls.Skip(seen).Where(call => call.Path == Upserts).SelectMany(call => call.Ids));
        Assert.Equal(new UpsertReceipt(1), (await rig.UpsertAsync("later")).Value);
    }

    [Theory]
    [InlineData("hangs")]
    [InlineData("429")]
    [InlineData("unreachable")]
    [InlineData("no control plane")]
    [InlineData("404 from who knows whom")]
    public async Task Patience_is_short(string trouble)
    {
        await using var rig = new Rig(Rig.Options with { Patience = TimeSpan.FromSeconds(2) });
        HttpResponseMessage Fail() => trouble switch
        {
            "hangs" => new Hanging(),
            "429" => Status(429),
            "404 from who knows whom" => Status(404),
            _ => throw new HttpRequestException("refused"),
        };
        if (trouble == "no control plane")
            rig.Service.Control = _ => Fail();
        else
            rig.Service.Data = _ => Fail();
        var before = rig.Time.Now;
        Assert.True((await rig.UpsertAsync("a")).Value!.Queued);
        // One try alone may take five minutes.
        Assert.InRange(rig.Time.Now - before, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        // Behind it nobody waits again: this ends while no time passes.
        Assert.True((await rig.Store.UpsertAsync(Rig.Request("b"), default)).Value!.Queued);
        rig.Service.Control = _ => Wire("index.json");
        rig.Service.Data = _ => Json("{}");
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
        Assert.Empty((await rig.Store.DeadLettersAsync(1, default)).Value!);
    }

    [Fact]
    public async Task What_waits_for_an_index_that_is_not_there_is_moved_aside()
    {
        await using var rig = new Rig(script: service => service.Control = _ => Status(503));
        Assert.True((await rig.UpsertAsync("a")).Value!.Queued);
        rig.Service.Control = _ => Status(404);
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
        Assert.Contains("no index 'talks'", Assert.Single((await rig.Store.DeadLettersAsync(1, default)).Value!).Reason, StringComparison.Ordinal);
        Assert.Equal(InferenceErrorKind.NotFound, (await rig.UpsertAsync("b")).Error!.Kind);
    }

    [Fact]
    public async Task Of_an_upsert_in_parts_only_those_are_queued_that_were_not_taken()
    {
        await using var rig = new Rig();
        rig.Service.Data = _ => rig.Service.To(Upserts).Count == 1 ? Json("{}") : Status(500);
        string[] ids = [.. Enumerable.Range(0, 2_500).Select(i => $"r{i}")];
        Assert.Equal(new UpsertReceipt(2_500, Queued: true), (await rig.UpsertAsync(ids)).Value);
        Assert.Equal(1_500, rig.Store.QueuedRecords);
        rig.Service.Data = _ => Json("{}");
        var seen = rig.Service.Calls.Count;
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
        Assert.Equal(ids[1_000..], rig.Service.Calls.Skip(seen).Where(call => call.Path == Upserts).SelectMany(call => call.Ids));
    }

    [Fact]
    public async Task Changes_and_removals_wait_behind_what_waits()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        await rig.UpsertAsync("a");
        Assert.Equal(1, (await rig.Time.PassAsync(rig.Store.UpdateAsync(new() { Index = "talks", Namespace = "ns", Id = "a", Values = new float[3] }, default))).Value!.Matched);
        Assert.NotNull((await rig.Time.PassAsync(rig.Store.DeleteAsync(new() { Index = "talks", Namespace = "ns", Ids = ["a"] }, default))).Value);
        Assert.NotNull((await rig.Time.PassAsync(rig.Store.DeleteNamespaceAsync("talks", "ns", default))).Value);
        await rig.UpsertAsync("b");
        rig.Service.Data = _ => Json("{}");
        var seen = rig.Service.Calls.Count;
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
        Assert.Equal([Upserts, "/vectors/update", "/vectors/delete", "/namespaces/ns", Upserts], rig.Service.Calls.Skip(seen).Where(call => call.Host != "api.pinecone.io").Select(call => call.Path));
    }

    [Fact]
    public async Task With_nothing_waiting_a_change_that_cannot_be_delivered_is_an_error()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        Assert.Equal(InferenceErrorKind.Unavailable, (await rig.Time.PassAsync(rig.Store.DeleteAsync(new() { Index = "talks", All = true }, default))).Error!.Kind);
        Assert.Equal(0, rig.Store.QueuedRecords);
    }

    [Fact]
    public async Task What_Pinecone_refuses_is_moved_aside_with_its_reason_and_the_rest_goes_on()
    {
        // Other tests have stores in this process; this index is this one's alone.
        const string Index = "graves";
        long dead = 0, delivered = 0;
        using var listener = new MeterListener { InstrumentPublished = static (instrument, listening) => listening.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (tags.Length == 0 || !Index.Equals(tags[0].Value))
                return;
            if (instrument.Name == "orrery.vectors.outbox.dead")
                Interlocked.Add(ref dead, value);
            if (instrument.Name == "orrery.vectors.outbox.delivered")
                Interlocked.Add(ref delivered, value);
        });
        listener.Start();
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        rig.Service.Control = _ => Json(Text("index.json").Replace("\"talks\"", $"\"{Index}\"", StringComparison.Ordinal));
        await rig.UpsertAsync(Rig.Request("good") with { Index = Index });
        await rig.UpsertAsync(Rig.Request("bad", "worse") with { Index = Index });
        await rig.UpsertAsync(Rig.Request("fine") with { Index = Index });
        rig.Service.Data = call => call.Body.Contains("\"bad\"", StringComparison.Ordinal) ? Wire("error-data.json", HttpStatusCode.BadRequest) : Json("{}");
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0 && Interlocked.Read(ref delivered) == 2);
        // Together they are refused; then each speaks for itself.
        Assert.Equal(["bad worse", "fine"], rig.Service.To(Upserts).TakeLast(2).Select(call => string.Join(' ', call.Ids)));
        Assert.Equal(2, Interlocked.Read(ref dead));
        var letter = Assert.Single((await rig.Store.DeadLettersAsync(10, default)).Value!);
        Assert.Equal((Index, "ns", 2), (letter.Index, letter.Namespace, letter.Records));
        Assert.Contains("does not match the dimension of the index", letter.Reason, StringComparison.Ordinal);
        Assert.Contains("worse", System.Text.Encoding.UTF8.GetString(letter.Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_small_upserts_that_wait_go_as_few()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        string[] ids = [.. Enumerable.Range(0, 1_200).Select(i => $"r{i}")];
        foreach (var id in ids)
            Assert.True((await rig.UpsertAsync(Rig.In("n \"vectors\":[", Rig.Mini, id))).Value!.Queued);
        var seen = rig.Service.Calls.Count;
        rig.Service.Data = _ => Json("{}");
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
        var upserts = rig.Service.Calls.Skip(seen).Where(call => call.Path == Upserts).ToArray();
        Assert.InRange(upserts.Length, 2, 4);
        Assert.Equal(ids, upserts.SelectMany(call => call.Ids));
        Assert.All(upserts, call => Assert.Equal("n \"vectors\":[", call.Json.GetProperty("namespace").GetString()));
        Assert.Equal([0.5f, 1.5f, 2.5f], upserts[^1].Json.GetProperty("vectors")[0].GetProperty("values").EnumerateArray().Select(value => value.GetSingle()));
    }

    [Fact]
    public async Task No_body_names_a_record_twice()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        foreach (var ids in new string[][] { ["on its way"], ["a"], ["b", "c"], ["d", "a"], ["e"], ["e"] })
            await rig.UpsertAsync(ids);
        var seen = rig.Service.Calls.Count;
        rig.Service.Data = _ => Json("{}");
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
        Assert.Equal(["abc", "dae", "e"], rig.Service.Calls.Skip(seen).Where(call => call.Path == Upserts).Select(call => string.Concat(call.Ids)).TakeLast(3));
    }

    [Fact]
    public async Task The_trouble_of_one_namespace_does_not_hold_up_another()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        for (var i = 0; i < OutboxDrainer.Slots + 4; i++)
            await rig.UpsertAsync(Rig.In($"slow{i}", null, "a"));
        await rig.UpsertAsync(Rig.In("quick", null, "a", "b"));
        rig.Service.Data = call => call.Body.Contains("\"quick\"", StringComparison.Ordinal) ? Json("{}") : Status(429, "5");
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == OutboxDrainer.Slots + 4);
    }

    [Fact]
    public async Task A_key_that_is_refused_is_told_and_what_waits_stays()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        await rig.UpsertAsync("a");
        rig.Service.Data = _ => Status(401);
        var calls = rig.Service.Calls.Count;
        await rig.Time.PassUntilAsync(() => rig.Service.Calls.Count > calls + 3);
        Assert.Equal(1, rig.Store.QueuedRecords);
        var error = (await rig.UpsertAsync(Rig.In("new", null, "b"))).Error!;
        Assert.Equal((InferenceErrorKind.Unavailable, (TimeSpan?)null), (error.Kind, error.RetryAfter));
        rig.Service.Data = _ => Json("{}");
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
    }

    [Fact]
    public async Task A_full_outbox_refuses_and_says_so()
    {
        await using var rig = new Rig(Rig.Options with { OutboxRecords = 3 }, script: service => service.Data = _ => Status(503));
        Assert.True((await rig.UpsertAsync("a", "b")).Value!.Queued);
        var error = (await rig.UpsertAsync("c", "d")).Error!;
        Assert.Equal(InferenceErrorKind.Overloaded, error.Kind);
        Assert.Contains("outbox is full", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.RetryAfter);
        Assert.True((await rig.UpsertAsync("e")).Value!.Queued);
    }

    [Fact]
    public async Task What_waits_at_the_end_is_sent_after_the_next_start()
    {
        var folder = Repository.Temporary();
        await using (var rig = new Rig(folder: folder, script: service => service.Data = _ => Status(503)))
            await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "a"));
        await using var again = new Rig(folder: folder);
        await again.Time.PassUntilAsync(() => again.Store.QueuedRecords == 0);
        Assert.Equal(["a"], again.Service.To(Upserts).Single().Ids);
    }

    [Fact]
    public async Task What_waits_for_an_index_that_is_removed_goes_with_it()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        await rig.UpsertAsync("a");
        Assert.Null((await rig.Time.PassAsync(rig.Store.DeleteIndexAsync("talks", default))).Error);
        Assert.Equal(0, rig.Store.QueuedRecords);
    }
}
