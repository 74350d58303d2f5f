using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Pinecone;

public abstract class PineconeClientTests(BackendFixture fixture)
{
    private const string Key = "correct-horse-battery";

    /// <summary>The newest speaks the API of 2026-07, the other that of 2026-04.</summary>
    [Theory]
    [InlineData("@pinecone-database/pinecone")]
    [InlineData("pinecone-8")]
    public async Task Is_understood_by_the_pinecone_package(string package)
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, fixture.Vectors!, Key);
        try
        {
            await NpmClient.CheckAsync("pinecone", package, server.Address.ToString().TrimEnd('/'), Key, package);
        }
        finally
        {
            // Says more than the client, where it is the server that failed.
            Assert.True(server.LoggedErrors.Messages.Count == 0, string.Join("\n", server.LoggedErrors.Messages));
        }
    }
}

[Collection(LocalFixture.Collection)]
public sealed class LocalPineconeClientTests(LocalFixture fixture) : PineconeClientTests(fixture);
