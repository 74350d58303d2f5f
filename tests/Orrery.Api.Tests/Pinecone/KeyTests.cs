using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Pinecone;

[Collection(LocalFixture.Collection)]
public sealed class KeyTests(LocalFixture fixture)
{
    private const string Key = "correct-horse-battery";

    [Theory]
    [InlineData("Api-Key", Key)]
    [InlineData("api-key", Key)]
    [InlineData("Authorization", "Bearer " + Key)]
    public async Task Lets_in_who_brings_the_key(string header, string value)
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore(), Key);
        Assert.Equal(200, (await server.SendAsync("GET", "/indexes", null, (header, value))).Status);
        Assert.Equal(200, (await server.SendAsync("GET", "/vectors/list", null, (header, value))).Status);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("Api-Key", "")]
    [InlineData("Api-Key", "correct-horse-batter")]
    [InlineData("Api-Key", "Correct-horse-battery")]
    [InlineData("Api-Key", "Bearer " + Key)]
    [InlineData("Authorization", Key)]
    [InlineData("Authorization", "Basic " + Key)]
    public async Task Keeps_out_who_does_not_in_either_plane_s_shape(string? header, string value)
    {
        await using var server = await PineconeServer.StartAsync(fixture.Backend, new RecordingStore(), Key);
        (string, string)[] headers = header is null ? [] : [(header, value)];
        (await server.SendAsync("GET", "/indexes", null, headers)).AssertRefused(401, "UNAUTHENTICATED", "Api-Key");
        (await server.SendAsync("DELETE", "/indexes/default", null, headers)).AssertRefused(401, "UNAUTHENTICATED", "Api-Key");
        (await server.SendAsync("POST", "/vectors/delete", """{"deleteAll":true}""", headers)).AssertRefused(401, 16, "Api-Key");
        (await server.SendAsync("GET", "/indexes/default/namespaces", null, headers)).AssertRefused(401, 16, "Api-Key");
        Assert.Equal(200, (await server.SendAsync("GET", "/info", null, headers)).Status);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("a key with blanks in it")]
    public async Task Does_not_start_with_a_key_that_can_be_guessed_or_not_sent(string key)
    {
        Assert.Contains("PineconeKey", new ApiOptions { PineconeKey = key }.Validate(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => PineconeServer.StartAsync(fixture.Backend, new RecordingStore(), key));
    }
}
