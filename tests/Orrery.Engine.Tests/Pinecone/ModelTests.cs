using System.Net;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Pinecone;
using static Orrery.Engine.Tests.Pinecone.ScriptedPinecone;

namespace Orrery.Engine.Tests.Pinecone;

public sealed class ModelTests
{
    [Fact]
    public async Task Every_record_carries_its_models_mark_beside_its_metadata()
    {
        await using var rig = new Rig();
        ReadOnlyMemory<byte>[] metadata = [Encoding.UTF8.GetBytes("""{"a":1}"""), default];
        await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "x", "y") with { Metadata = metadata });
        var vectors = rig.Service.To("/vectors/upsert").Single().Json.GetProperty("vectors");
        Assert.Equal("""{"a":1,"orrery_model":"mini@sha256:ab12"}""", vectors[0].GetProperty("metadata").GetRawText());
        Assert.Equal("""{"orrery_model":"mini@sha256:ab12"}""", vectors[1].GetProperty("metadata").GetRawText());
    }

    [Fact]
    public async Task A_namespaces_model_is_learnt_once_from_its_records()
    {
        await using var rig = new Rig(script: Filled);
        Assert.Null((await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "x"))).Error);
        await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "y"));
        Assert.Single(rig.Service.To("/vectors/fetch"));
        var error = (await rig.UpsertAsync(Rig.In("ns", Rig.Other, "z"))).Error!;
        Assert.Equal(InferenceErrorKind.Conflict, error.Kind);
        Assert.Contains("mini", error.Message, StringComparison.Ordinal);
        var query = new VectorQuery { Index = "talks", Namespace = "ns", Vector = new float[3], TopK = 1, Model = Rig.Other };
        Assert.Equal(InferenceErrorKind.Conflict, (await rig.Time.PassAsync(rig.Store.QueryAsync(query, default))).Error!.Kind);
        Assert.Equal(2, rig.Service.To("/vectors/upsert").Count);
    }

    [Fact]
    public async Task The_first_model_to_write_has_the_namespace()
    {
        await using var rig = new Rig();
        Assert.Null((await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "x"))).Error);
        Assert.Equal(InferenceErrorKind.Conflict, (await rig.UpsertAsync(Rig.In("ns", Rig.Other, "y"))).Error!.Kind);
        Assert.Null((await rig.UpsertAsync(Rig.In("elsewhere", Rig.Other, "y"))).Error);
    }

    [Fact]
    public async Task A_refused_write_claims_nothing()
    {
        await using var rig = new Rig();
        rig.Service.Data = call => call.Path == "/vectors/upsert" ? Wire("error-data.json", HttpStatusCode.BadRequest) : Json("{}");
        Assert.NotNull((await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "x"))).Error);
        rig.Service.Data = _ => Json("{}");
        Assert.Null((await rig.UpsertAsync(Rig.In("ns", Rig.Other, "x"))).Error);
    }

    [Fact]
    public async Task The_model_is_remembered_over_restarts_with_Pinecone_down()
    {
        var folder = Repository.Temporary();
        await using (var rig = new Rig(folder: folder))
            await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "x"));
        await using var again = new Rig(folder: folder, script: service => service.Data = _ => Status(503));
        Assert.True((await again.UpsertAsync(Rig.In("ns", Rig.Mini, "y"))).Value!.Queued);
        Assert.Equal(InferenceErrorKind.Conflict, (await again.UpsertAsync(Rig.In("ns", Rig.Other, "z"))).Error!.Kind);
    }

    [Fact]
    public async Task What_was_queued_unasked_is_moved_aside_when_the_namespace_has_another_model()
    {
        await using var rig = new Rig(script: service => service.Data = _ => Status(503));
        Assert.True((await rig.UpsertAsync(Rig.In("ns", Rig.Other, "x"))).Value!.Queued);
        Assert.Equal(InferenceErrorKind.Conflict, (await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "y"))).Error!.Kind);
        var before = rig.Service.To("/vectors/upsert").Count;
        Filled(rig.Service);
        await rig.Time.PassUntilAsync(() => rig.Store.QueuedRecords == 0);
        Assert.Equal(before, rig.Service.To("/vectors/upsert").Count);
    }

    [Fact]
    public async Task A_removed_namespace_has_no_model()
    {
        await using var rig = new Rig();
        await rig.UpsertAsync(Rig.In("ns", Rig.Mini, "x"));
        Assert.Null((await rig.Time.PassAsync(rig.Store.DeleteNamespaceAsync("talks", "ns", default))).Error);
        Assert.Null((await rig.UpsertAsync(Rig.In("ns", Rig.Other, "x"))).Error);
    }

    [Fact]
    public async Task Nobody_else_writes_the_mark()
    {
        await using var rig = new Rig();
        ReadOnlyMemory<byte> forged = Encoding.UTF8.GetBytes("""{"orrery_model":"other@1"}""");
        Assert.Equal("metadata", (await rig.UpsertAsync(Rig.Request("x") with { Metadata = [forged] })).Error!.Field);
        Assert.Equal(InferenceErrorKind.Invalid, (await rig.Time.PassAsync(rig.Store.UpdateAsync(new() { Index = "talks", Id = "x", SetMetadata = forged }, default))).Error!.Kind);
        Assert.Empty(rig.Service.Calls);
    }

    [Fact]
    public void What_is_put_on_is_taken_off()
    {
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<NonNull<string>, NonNull<string>, int>((name, text, number) =>
        {
            var metadata = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { ["text"] = text.Get, ["number"] = number });
            var model = new EmbeddingModel(name.Get, "sha256:0f");
            var marked = JsonDocument.Parse(VectorMetadata.Merge(metadata, ModelStamp.Metadata(model))).RootElement;
            Assert.Equal(JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(model.Name)).RootElement.GetString() + "@sha256:0f", ModelStamp.Text(ModelStamp.Of(marked)!));
            Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(metadata).RootElement, JsonDocument.Parse(ModelStamp.Without(marked)).RootElement));
        }));
    }

    private static void Filled(ScriptedPinecone service) => service.Data = call => call.Path switch
    {
        "/vectors/list" => Wire("list.json"),
        "/vectors/fetch" => Wire("fetch.json"),
        _ => Json("{}"),
    };
}
