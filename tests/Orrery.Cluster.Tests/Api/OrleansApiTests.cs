using Orrery.Api.Tests.Fuzz;
using Orrery.Api.Tests.Http;
using Orrery.Api.Tests.Hub;
using Orrery.Api.Tests.OpenAi;
using Orrery.Api.Tests.OpenInference;
using Orrery.Api.Tests.Pinecone;
using Orrery.Api.Tests.Scoring;
using Orrery.Api.Tests.Tei;
using Orrery.Api.Tests.Vectors;
using Orrery.Cluster.Tests.Support;

namespace Orrery.Cluster.Tests.Api;

// Every behaviour of the API, once more over a cluster.

[Collection(OrleansFixture.Collection)]
public sealed class OrleansEmbeddingsTests(OrleansFixture fixture) : EmbeddingsTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansModelsTests(OrleansFixture fixture) : ModelsTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansRealClientTests(OrleansFixture fixture) : RealClientTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansTeiTests(OrleansFixture fixture) : TeiTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansHubTests(OrleansFixture fixture) : HubTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansHubClientTests(OrleansFixture fixture) : HubClientTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansTeiErrorTests(OrleansFixture fixture) : TeiErrorTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansOpenInferenceTests(OrleansFixture fixture) : OpenInferenceTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansScoreTests(OrleansFixture fixture) : ScoreTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansScoreStreamTests(OrleansFixture fixture) : ScoreStreamTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansCompareTests(OrleansFixture fixture) : CompareTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansConnectionTests(OrleansFixture fixture) : ConnectionTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansFuzzTests(OrleansFixture fixture) : FuzzTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansUpsertTests(OrleansFixture fixture) : UpsertTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansSearchTests(OrleansFixture fixture) : SearchTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansStoreRefusalTests(OrleansFixture fixture) : StoreRefusalTests(fixture);

[Collection(OrleansFixture.Collection)]
public sealed class OrleansPineconeClientTests(OrleansFixture fixture) : PineconeClientTests(fixture);
