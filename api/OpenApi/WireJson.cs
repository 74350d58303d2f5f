using System.Text.Json.Serialization;
using Orrery.Api.OpenAi;
using Orrery.Api.OpenInference;
using Orrery.Api.Scoring;
using Orrery.Api.Tei;

namespace Orrery.Api.OpenApi;

/// <summary>The wire types' shapes, so that the document needs no reflection over them.</summary>
[JsonSerializable(typeof(EmbedBody))]
[JsonSerializable(typeof(EmbedAllBody))]
[JsonSerializable(typeof(SimilarityBody))]
[JsonSerializable(typeof(PredictBody))]
[JsonSerializable(typeof(LabelsOrBatch))]
[JsonSerializable(typeof(RerankBody))]
[JsonSerializable(typeof(Rank[]))]
[JsonSerializable(typeof(TokenizeBody))]
[JsonSerializable(typeof(Token[][]))]
[JsonSerializable(typeof(DecodeBody))]
[JsonSerializable(typeof(TeiError))]
[JsonSerializable(typeof(EmbeddingsBody))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelObject))]
[JsonSerializable(typeof(OpenAiError))]
[JsonSerializable(typeof(InferBody))]
[JsonSerializable(typeof(InferAnswer))]
[JsonSerializable(typeof(ModelMetadata))]
[JsonSerializable(typeof(OpenInferenceError))]
[JsonSerializable(typeof(ScoreBody))]
[JsonSerializable(typeof(ScoreAnswer))]
[JsonSerializable(typeof(CompareBody))]
[JsonSerializable(typeof(CompareAnswer))]
[JsonSerializable(typeof(DetectorList))]
[JsonSerializable(typeof(InferenceBody))]
[JsonSerializable(typeof(float[][][]))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class WireJson : JsonSerializerContext;
