using System.Text.Json;
using Orrery.Api.Admin;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Pinecone.Inference;

/// <summary>
/// <c>/embed</c> and <c>/rerank</c>, which Text Embeddings Inference has too. Pinecone's clients say by a header which version of it they speak; without that the body tells:
/// Pinecone's inputs and documents are objects.
/// </summary>
internal sealed class SharedPaths(IInferenceBackend backend, ApiOptions options, ChangeGuard guard)
{
    private const string VersionHeader = "X-Pinecone-Api-Version";

    private readonly PineconeProtocol _protocol = new(controlPlane: true);
    private readonly EmbedRoute _embed = new(backend, options);
    private readonly RerankRoute _rerank = new(backend, options);

    /// <summary>What answers at a path: both, or the other alone where the path is not shared.</summary>
    /// <param name="path">The path.</param>
    /// <param name="other">The other protocol's handler.</param>
    public Func<JsonExchange, ValueTask<ApiError?>> At(string path, Func<JsonExchange, ValueTask<ApiError?>> other) => path switch
    {
        "/embed" => exchange => EitherAsync(exchange, other, _embed.RunAsync, "inputs"),
        "/rerank" => exchange => EitherAsync(exchange, other, _rerank.RunAsync, "documents"),
        _ => other,
    };

    private async ValueTask<ApiError?> EitherAsync(JsonExchange exchange, Func<JsonExchange, ValueTask<ApiError?>> other, Func<JsonExchange, ValueTask<ApiError?>> own, string field)
    {
        // A key alone tells nothing: gateways send one by the same name to whatever is behind them.
        if (!exchange.Context.Request.Headers.ContainsKey(VersionHeader))
        {
            // Only what the other cannot read is looked at once more: its requests pay nothing.
            var error = await other(exchange);
            if (error is not { Cause: ErrorCause.WrongType } || !HasObjects(exchange.Body.Span, field))
                return error;
        }

        _protocol.SpeakIn(exchange.Context);
        return options.PineconeKey is null || guard.BringsKey(exchange.Context) ? await own(exchange) : PineconeProtection.Refusal(exchange.Context);
    }

    /// <summary>Whether a field of the body is a list that begins with an object that has a text, or is one that the other protocol does not have.</summary>
    private static bool HasObjects(ReadOnlySpan<byte> body, string field)
    {
        var json = new RequestJson(body);
        while (json.NextField())
        {
            if (json.Current() == field)
                return field == "documents" || (json.Next() && json.At(JsonTokenType.StartArray) && json.Next() && json.At(JsonTokenType.StartObject) && json.NextField() && json.Is("text"u8));
            json.Skip();
        }

        return false;
    }
}
