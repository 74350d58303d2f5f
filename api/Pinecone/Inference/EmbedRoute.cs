using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Pinecone.Inference;

/// <summary><c>/embed</c> as Pinecone's clients ask it: <c>{"model","inputs":[{"text"}],"parameters"}</c>.</summary>
internal sealed class EmbedRoute(IInferenceBackend backend, ApiOptions options)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (Parse(exchange, out var request) is { } error)
            return error;
        if (!(await backend.EmbedAsync(request!, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused, ("dimensions", "parameters.dimension"));
        using (output)
        {
            var reply = exchange.Reply;
            reply.Raw("{\"model\":"u8);
            reply.String(request!.Model);
            reply.Raw(",\"vector_type\":\"dense\",\"data\":["u8);
            for (var i = 0; i < output.Count; i++)
            {
                reply.Raw(i == 0 ? "{\"vector_type\":\"dense\",\"values\":"u8 : ",{\"vector_type\":\"dense\",\"values\":"u8);
                reply.Vector(output[i]);
                reply.Raw("}"u8);
                await reply.SendPartAsync(exchange.Context);
            }

            reply.Raw("],\"usage\":{\"total_tokens\":"u8);
            reply.Number(output.TotalTokens);
            reply.Raw("}}"u8);
        }

        return null;
    }

    private ApiError? Parse(JsonExchange exchange, out EmbedRequest? request)
    {
        request = null;
        var json = PineconeFields.Enter(exchange);
        string? name = null;
        var inputs = new List<TextInput>();
        var place = default(Range);
        while (json.NextField())
        {
            if (json.Is("model"u8))
                name = json.Text("model");
            else if (json.Is("inputs"u8))
                ReadInputs(ref json, inputs);
            else if (json.Is("parameters"u8))
                place = json.ObjectPlace("parameters");
            else
                json.Refuse();
        }

        if (json.End() is { } wrong)
            return wrong;
        if (inputs.Count == 0)
            return new(ErrorCause.Empty, "inputs is missing or empty", "inputs");
        if (!ModelChoice.TryFind(backend, name, "model", ModelTask.Embedding, out var model, out var error)
            || (error = InferenceParameters.Read(exchange.Body[place], "parameters", null, out var parameters)) is not null)
            return error;
        request = parameters!.Embed(model!, inputs, exchange.Headers);
        return null;
    }

    private void ReadInputs(ref RequestJson json, List<TextInput> inputs)
    {
        inputs.Clear();
        if (!json.Next() || json.At(JsonTokenType.Null))
            return;
        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong("inputs", "an array of objects with a text");
            return;
        }

        while (json.Next() && !json.At(JsonTokenType.EndArray))
        {
            if (inputs.Count == options.MaxClientBatchSize)
                json.Fail(ErrorCause.TooLarge, $"inputs has more than {options.MaxClientBatchSize} items", "inputs");
            else if (json.At(JsonTokenType.String))
                inputs.Add(TextInput.Of(json.Current()));
            else if (!json.At(JsonTokenType.StartObject))
                json.Wrong($"inputs[{inputs.Count}]", "an object with a text");
            else
                ReadInput(ref json, inputs);
        }
    }

    private static void ReadInput(ref RequestJson json, List<TextInput> inputs)
    {
        string? text = null;
        while (json.NextField())
        {
            if (json.Is("text"u8))
                text = json.Text($"inputs[{inputs.Count}].text");
            else
                json.Refuse($"inputs[{inputs.Count}]");
        }

        if (text is null)
            json.Fail(ErrorCause.Invalid, $"inputs[{inputs.Count}].text is missing", "inputs");
        inputs.Add(TextInput.Of(text ?? ""));
    }
}
