using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Pinecone.Inference;

/// <summary>Texts in the order of their relevance to a query, by a cross-encoder.</summary>
/// <param name="Scores">Of all texts: 0 to 1, but by a model whose own activation is none.</param>
/// <param name="Order">Places of texts, the best first; as many as were asked for.</param>
internal sealed record Reranking(float[] Scores, int[] Order)
{
    /// <summary>What one request counts; nothing is billed here.</summary>
    public const int Units = 1;

    /// <summary>Asks the model.</summary>
    /// <param name="backend">What answers.</param>
    /// <param name="model">A cross-encoder.</param>
    /// <param name="query">The query.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="top">How many are wanted.</param>
    /// <param name="truncation">What to do with those that are too long.</param>
    /// <param name="exchange">Whose deadline and priority count.</param>
    public static async ValueTask<Outcome<Reranking>> OfAsync(
        IInferenceBackend backend, ModelInfo model, string query, IReadOnlyList<string> texts, int top, Truncation truncation, JsonExchange exchange)
    {
        var request = new ScoreRequest
        {
            Model = model.Name,
            Inputs = [.. texts.Select(text => TextInput.OfPair(query, text))],
            Truncation = truncation,
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
        };
        if (!(await backend.ScoreAsync(request, exchange.Cancellation)).TryGet(out var output, out var refused))
            return refused;
        using (output)
        {
            var (scores, order) = Engine.Scores.Ranked(output, model.ScoreFunction);
            return new Reranking(scores, order.Length > top ? order[..top] : order);
        }
    }
}
