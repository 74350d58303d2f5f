using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.OpenAi;

/// <summary><c>/v1/models</c>: every model that was not refused at load, and one by its id, which may hold slashes.</summary>
internal sealed class ModelsRoutes(IInferenceBackend backend, Protocol protocol)
{
    public async Task ListAsync(HttpContext context)
    {
        using var reply = new Reply();
        reply.Raw("{\"object\":\"list\",\"data\":["u8);
        var first = true;
        foreach (var model in backend.Models)
        {
            if (model.State == ModelState.Failed)
                continue;
            if (!first)
                reply.Raw(","u8);
            first = false;
            Write(reply, model);
        }

        reply.Raw("]}"u8);
        await reply.CompleteAsync(context);
    }

    public async Task RetrieveAsync(HttpContext context)
    {
        // Clients escape the slashes of an id; routing leaves those in place.
        var id = Uri.UnescapeDataString(context.Request.RouteValues["id"] as string ?? "");
        if (id.Length == 0 || !backend.Find(id).TryGet(out var model, out _))
        {
            await protocol.WriteErrorAsync(context, new(ErrorCause.ModelNotFound, $"model '{id}' does not exist", "model"));
            return;
        }

        using var reply = new Reply();
        Write(reply, model);
        await reply.CompleteAsync(context);
    }

    private static void Write(Reply reply, ModelInfo model)
    {
        reply.Raw("{\"id\":"u8);
        reply.String(model.Name);
        reply.Raw(",\"object\":\"model\",\"created\":"u8);
        reply.Number(Math.Max(0, model.Created.ToUnixTimeSeconds()));
        reply.Raw(",\"owned_by\":\"orrery\"}"u8);
    }
}
