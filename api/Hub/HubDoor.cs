using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Api.Tei;
using Orrery.Engine;

namespace Orrery.Api.Hub;

/// <summary>
/// One door for every task, as the hub's inference clients knock: <c>POST /models/NAME</c>, and <c>POST /</c> for a server that is the URL itself.
/// The model's task decides what is done with "inputs" and "parameters"; "query" with "texts", and a "source_sentence", ask for what they are.
/// </summary>
internal sealed class HubDoor(IInferenceBackend backend, ApiOptions options)
{
    private const string Pipeline = "/pipeline/";

    private readonly EmbedRoutes _embed = new(backend, options);
    private readonly SparseRoute _sparse = new(backend, options);
    private readonly SimilarityRoute _similarity = new(backend, options);
    private readonly RerankRoute _rerank = new(backend, options);
    private readonly ClassificationTask _classification = new(backend, options);
    private readonly EntityTask _entities = new(backend, options);

    /// <summary>Answers at <c>/</c>: the model that the body names, else the default one.</summary>
    public ValueTask<ApiError?> RootAsync(JsonExchange exchange) => AnswerAsync(exchange, null);

    /// <summary>Answers at <c>/models/NAME</c>, and where clients add <c>/pipeline/TASK</c> to that.</summary>
    public ValueTask<ApiError?> ModelAsync(JsonExchange exchange)
    {
        // Names from the hub have a slash, which some clients escape.
        var name = Uri.UnescapeDataString(exchange.Context.Request.RouteValues["model"] as string ?? "");
        var pipeline = name.IndexOf(Pipeline, StringComparison.Ordinal);
        if (pipeline >= 0 && name[(pipeline + Pipeline.Length)..] is "feature-extraction" or "sentence-similarity")
            name = name[..pipeline];
        // Other servers have commands there: who means one must not find a model.
        return name is "load" or "unload" or "infer" or ""
            ? new(new ApiError(ErrorCause.ModelNotFound, $"'{name}' names no model here: no model may be called load, unload or infer at /models/", "model"))
            : AnswerAsync(exchange, name);
    }

    /// <summary>Vertex AI's form: a list of bodies, answered by a list.</summary>
    public async ValueTask<ApiError?> VertexAsync(JsonExchange exchange)
    {
        if (ReadInstances(exchange, out var instances) is { } error)
            return error;
        exchange.Reply.Raw("{\"predictions\":["u8);
        for (var i = 0; i < instances.Count; i++)
        {
            if (i > 0)
                exchange.Reply.Raw(","u8);
            if (await RootAsync(exchange with { Body = instances[i] }) is { } wrong)
                return wrong with { Message = $"instances[{i}]: {wrong.Message}" };
        }

        exchange.Reply.Raw("]}"u8);
        return null;
    }

    private ValueTask<ApiError?> AnswerAsync(JsonExchange exchange, string? chosen)
    {
        if (Peek(exchange, out var named, out var asks) is { } malformed)
            return new(malformed);
        if (chosen is not null && named is not null && named != chosen)
            return new(new ApiError(ErrorCause.Unprocessable, $"the path names model '{chosen}', the body '{named}'", "model"));
        if (!backend.Find(chosen ?? named ?? "").TryGet(out var model, out var missing))
            return new(ApiError.From(missing));
        // What it does is not known before it was loaded once; later the backend waits for it, or says why it is away.
        if (model is { State: not ModelState.Ready, Dimensions: 0 })
            return new(ApiError.From(ModelLookup.NotReady(model)));

        exchange = exchange with { Model = model.Name };
        return (asks, model.Task) switch
        {
            (Asks.Rerank, _) => _rerank.RunAsync(exchange),
            (Asks.Similarity, _) => _similarity.RunAsync(exchange),
            (_, ModelTask.Embedding) => _embed.EmbedAsync(exchange),
            (_, ModelTask.Sparse) => _sparse.RunAsync(exchange),
            (_, ModelTask.Classifier or ModelTask.Reranker) => _classification.RunAsync(exchange, model),
            (_, ModelTask.TokenClassifier) => _entities.RunAsync(exchange, model),
            _ => new(new ApiError(ErrorCause.WrongTask, $"model '{model.Name}' takes tensors ({string.Join(", ", model.Inputs.Select(input => input.Name).Take(12))}), not texts: POST /v2/models/{model.Name}/infer", "model")),
        };
    }

    private static ApiError? Peek(JsonExchange exchange, out string? model, out Asks asks)
    {
        var json = new RequestJson(exchange.Body.Span);
        (model, asks) = (null, Asks.ByModel);
        while (json.NextField())
        {
            if (json.Is("model"u8))
                model = json.Text("model") is { Length: > 0 } name ? name : null;
            else if (json.Is("query"u8) || json.Is("texts"u8))
                asks = Skipped(ref json, Asks.Rerank);
            else if (json.Is("inputs"u8))
                asks = PeekInputs(ref json, asks);
            else
                json.Skip();
        }

        return json.End();
    }

    private static Asks PeekInputs(ref RequestJson json, Asks asks)
    {
        if (!json.Next())
            return asks;
        if (!json.At(JsonTokenType.StartObject))
        {
            if (json.At(JsonTokenType.StartArray))
                json.Skip();
            return asks;
        }

        while (json.NextField())
        {
            if (json.Is("source_sentence"u8) || json.Is("sentences"u8))
                asks = Asks.Similarity;
            json.Skip();
        }

        return asks;
    }

    private static Asks Skipped(ref RequestJson json, Asks asks)
    {
        json.Skip();
        return asks;
    }

    private ApiError? ReadInstances(JsonExchange exchange, out List<byte[]> instances)
    {
        var json = new RequestJson(exchange.Body.Span);
        instances = [];
        var count = 0;
        while (json.NextField())
        {
            if (!json.Is("instances"u8))
            {
                json.Skip();
                continue;
            }

            if (!json.Next() || !json.At(JsonTokenType.StartArray))
            {
                json.Wrong("instances", "an array of objects");
                break;
            }

            while (json.Next() && !json.At(JsonTokenType.EndArray))
            {
                if (!json.At(JsonTokenType.StartObject))
                    json.Wrong($"instances[{count}]", "an object");
                else if (json.CurrentObject("instances") is { } instance && count++ < options.MaxClientBatchSize)
                    instances.Add(instance);
            }
        }

        return json.End() ?? TeiFields.CheckCount("instances", count, options);
    }

    /// <summary>What a body's shape alone asks for.</summary>
    private enum Asks
    {
        ByModel,
        Rerank,
        Similarity,
    }
}
