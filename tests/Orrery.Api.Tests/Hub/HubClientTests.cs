using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Hub;

public abstract class HubClientTests(ServerFixture fixture)
{
    [Fact]
    public Task Is_understood_by_the_hubs_package() => NpmClient.CheckAsync("hub", "@huggingface/inference", fixture.Server.Address.ToString().TrimEnd('/'));
}

[Collection(LocalFixture.Collection)]
public sealed class LocalHubClientTests(LocalFixture fixture) : HubClientTests(fixture);
