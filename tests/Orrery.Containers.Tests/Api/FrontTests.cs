using Orrery.Api.Tests.OpenAi;
using Orrery.Api.Tests.OpenInference;
using Orrery.Api.Tests.Scoring;
using Orrery.Api.Tests.Support;
using Orrery.Api.Tests.Tei;
using Orrery.Api.Tests.Vectors;

namespace Orrery.Containers.Tests.Api;

// Every protocol, once more over the images: those tests that know no more of a server than its address.

[Collection(FrontFixture.Collection)]
public sealed class FrontEmbeddingsTests(FrontFixture fixture) : EmbeddingsTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontModelsTests(FrontFixture fixture) : ModelsTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontOpenAiClientTests(FrontFixture fixture) : RealClientTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontTeiTests(FrontFixture fixture) : TeiTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontOpenInferenceTests(FrontFixture fixture) : OpenInferenceTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontScoreTests(FrontFixture fixture) : ScoreTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontScoreStreamTests(FrontFixture fixture) : ScoreStreamTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontCompareTests(FrontFixture fixture) : CompareTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontSearchTests(FrontFixture fixture) : SearchTests(fixture);

[Collection(FrontFixture.Collection)]
public sealed class FrontPineconeClientTests(FrontFixture fixture)
{
    /// <summary>The newest speaks the API of 2026-07, the other that of 2026-04.</summary>
    [Theory]
    [InlineData("@pinecone-database/pinecone")]
    [InlineData("pinecone-8")]
    public Task Is_understood_by_the_pinecone_package(string package) =>
        NpmClient.CheckAsync("pinecone", package, fixture.Server.Address.ToString().TrimEnd('/'), FrontFixture.PineconeKey, package);
}
