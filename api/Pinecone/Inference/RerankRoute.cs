using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Pinecone.Inference;

/// <summary><c>/rerank</c> as Pinecone's clients ask it: <c>{"model","query","documents","rank_fields","top_n","return_documents","parameters"}</c>.</summary>
internal sealed class RerankRoute(IInferenceBackend backend, ApiOptions options)
{
    private const int MaxFields = 16;

    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange)
    {
        if (Parse(exchange, out var asked) is { } error)
            return error;
        var (model, parameters) = (asked!.Model!, asked.Parameters!);
        if (!(await Reranking.OfAsync(backend, model, asked.Query!, asked.Texts, asked.Top ?? asked.Texts.Count, parameters.Truncation, exchange)).TryGet(out var ranked, out var refused))
            return ApiError.From(refused, ("inputs", "documents"));
        var reply = exchange.Reply;
        reply.Raw("{\"model\":"u8);
        reply.String(model.Name);
        reply.Raw(",\"data\":["u8);
        for (var i = 0; i < ranked.Order.Length; i++)
        {
            var place = ranked.Order[i];
            reply.Raw(i == 0 ? "{\"index\":"u8 : ",{\"index\":"u8);
            reply.Number(place);
            reply.Raw(",\"score\":"u8);
            reply.Number(ranked.Scores[place]);
            if (asked.ReturnDocuments)
            {
                reply.Raw(",\"document\":"u8);
                WriteDocument(reply, exchange.Body[asked.Documents[place]].Span);
            }

            reply.Raw("}"u8);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("],\"usage\":{\"rerank_units\":"u8);
        reply.Number(Reranking.Units);
        reply.Raw("}}"u8);
        return null;
    }

    /// <summary>A document as it came; one that came as a text alone becomes an object with it.</summary>
    private static void WriteDocument(Reply reply, ReadOnlySpan<byte> document)
    {
        if (document[0] == (byte)'{')
        {
            reply.Raw(document);
            return;
        }

        reply.Raw("{\"text\":"u8);
        reply.Raw(document);
        reply.Raw("}"u8);
    }

    private ApiError? Parse(JsonExchange exchange, out Asked? asked)
    {
        asked = null;
        var read = new Asked();
        var json = PineconeFields.Enter(exchange);
        string? name = null;
        List<string>? fields = null;
        var count = 0;
        var place = default(Range);
        while (json.NextField())
        {
            if (json.Is("model"u8))
                name = json.Text("model");
            else if (json.Is("query"u8))
                read.Query = json.Text("query");
            else if (json.Is("documents"u8))
                ReadDocuments(ref json, read.Documents);
            else if (json.Is("rank_fields"u8, "rankFields"u8))
                fields = json.Texts("rank_fields", MaxFields, out count);
            else if (json.Is("return_documents"u8, "returnDocuments"u8))
                read.ReturnDocuments = json.Flag("return_documents") ?? true;
            else if (json.Is("top_n"u8, "topN"u8))
                read.Top = json.Integer("top_n");
            else if (json.Is("parameters"u8))
                place = json.ObjectPlace("parameters");
            else
                json.Refuse();
        }

        if (json.End() is { } wrong)
            return wrong;
        if (string.IsNullOrEmpty(read.Query))
            return new(ErrorCause.Empty, "query is missing or empty", "query");
        if (read.Documents.Count == 0)
            return new(ErrorCause.Empty, "documents is missing or empty", "documents");
        if (count > MaxFields)
            return new(ErrorCause.TooLarge, $"rank_fields must have at most {MaxFields} items, not {count}", "rank_fields");
        if (read.Top is < 1)
            return new(ErrorCause.Invalid, $"top_n must be at least 1, not {read.Top}", "top_n");
        if (!ModelChoice.TryFind(backend, name, "model", ModelTask.Reranker, out var model, out var error))
            return error;
        if (InferenceParameters.Read(exchange.Body[place], "parameters", null, out var parameters) is { } unknown)
            return unknown;
        (read.Model, read.Parameters) = (model, parameters);
        for (var i = 0; i < read.Documents.Count; i++)
        {
            if (RankText.Of(exchange.Body[read.Documents[i]], fields is { Count: > 0 } ? fields : RankText.Usual, $"documents[{i}]", out var text) is { } missing)
                return missing;
            read.Texts.Add(text);
        }

        asked = read;
        return null;
    }

    private void ReadDocuments(ref RequestJson json, List<Range> documents)
    {
        documents.Clear();
        if (!json.Next() || json.At(JsonTokenType.Null))
            return;
        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong("documents", "an array of objects");
            return;
        }

        while (json.Next() && !json.At(JsonTokenType.EndArray))
        {
            if (documents.Count == options.MaxClientBatchSize)
                json.Fail(ErrorCause.TooLarge, $"documents has more than {options.MaxClientBatchSize} items", "documents");
            else
                documents.Add(json.At(JsonTokenType.String) ? json.CurrentScalarPlace() : json.CurrentPlace($"documents[{documents.Count}]"));
        }
    }

    private sealed class Asked
    {
        public ModelInfo? Model { get; set; }

        public InferenceParameters? Parameters { get; set; }

        public string? Query { get; set; }

        /// <summary>Where in the body documents are.</summary>
        public List<Range> Documents { get; } = [];

        /// <summary>What of each is ranked.</summary>
        public List<string> Texts { get; } = [];

        public bool ReturnDocuments { get; set; } = true;

        public int? Top { get; set; }
    }
}
