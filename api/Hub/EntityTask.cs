using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Hub;

/// <summary>Token classification: what a text names, and where. Places are Unicode code points.</summary>
internal sealed class EntityTask(IInferenceBackend backend, ApiOptions options)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange, ModelInfo model)
    {
        if ((HubRequest.Read(exchange, options, out var request) ?? request.Parameters.CheckOnly("token classification", "aggregation_strategy", "ignore_labels")) is { } error)
            return error;
        var asked = new EntityRequest
        {
            Model = model.Name,
            Inputs = request.Inputs.Items!,
            Truncation = request.Parameters.Truncation(options),
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
            Aggregation = request.Parameters.Aggregation,
        };
        if (request.Parameters.IgnoreLabels is { } ignored)
            asked = asked with { IgnoreLabels = ignored };
        if (!(await backend.FindEntitiesAsync(asked, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused);

        var reply = exchange.Reply;
        if (!request.Inputs.Single)
            reply.Raw("["u8);
        for (var i = 0; i < output.Entities.Length; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            Write(reply, output.Entities[i], asked.Aggregation == EntityAggregation.None);
            await reply.SendPartAsync(exchange.Context);
        }

        if (!request.Inputs.Single)
            reply.Raw("]"u8);
        return null;
    }

    private static void Write(Reply reply, Entity[] entities, bool tokens)
    {
        reply.Raw("["u8);
        for (var i = 0; i < entities.Length; i++)
        {
            var entity = entities[i];
            if (i > 0)
                reply.Raw(","u8);
            reply.Raw(tokens ? "{\"entity\":"u8 : "{\"entity_group\":"u8);
            reply.String(entity.Label);
            reply.Raw(",\"score\":"u8);
            reply.Number(entity.Score);
            if (entity.Index is { } index)
            {
                reply.Raw(",\"index\":"u8);
                reply.Number(index);
            }

            reply.Raw(",\"word\":"u8);
            reply.String(entity.Word);
            reply.Raw(",\"start\":"u8);
            reply.Number(entity.Start);
            reply.Raw(",\"end\":"u8);
            reply.Number(entity.End);
            reply.Raw("}"u8);
        }

        reply.Raw("]"u8);
    }
}
