using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.OpenAi;

public abstract class RealClientTests(ServerFixture fixture)
{
    [Fact]
    public Task Is_understood_by_the_openai_package() => NpmClient.CheckAsync("openai", "openai", fixture.Server.Address.ToString().TrimEnd('/'));
}

[Collection(LocalFixture.Collection)]
public sealed class LocalRealClientTests(LocalFixture fixture) : RealClientTests(fixture);
