using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Orrery.Api.Http;

namespace Orrery.Api.Tests.Http;

/// <summary>Room for a large body is held while it comes: whoever sends one must not take days over it.</summary>
public sealed class BodyPaceTests
{
    private const double OrdinaryPace = 240;

    [Theory]
    [InlineData(64 << 10, true)]
    [InlineData((64 << 10) + 1, false)]
    [InlineData(null, false)]
    public async Task Bodies_that_may_take_much_room_must_come_at_a_pace(int? announced, bool ordinary)
    {
        var pace = await PaceOfAsync(announced, "HTTP/1.1");
        Assert.Equal(ordinary, pace.BytesPerSecond == OrdinaryPace);
        // Ten minutes for the largest body that there is by default.
        Assert.True(ordinary || 33554432 / pace.BytesPerSecond < 600);
    }

    /// <summary>Over HTTP/2 Kestrel paces connections, and throws when a request asks for its own.</summary>
    [Fact]
    public async Task Over_HTTP_2_the_connection_is_paced() => Assert.Equal(OrdinaryPace, (await PaceOfAsync(1 << 20, "HTTP/2")).BytesPerSecond);

    private static async Task<MinDataRate> PaceOfAsync(int? announced, string protocol)
    {
        var server = new Pace();
        await using var services = new ServiceCollection().BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = services };
        context.Features.Set<IHttpMinRequestBodyDataRateFeature>(server);
        context.Request.Protocol = protocol;
        context.Request.ContentLength = announced;
        context.Request.Body = new MemoryStream(new byte[announced ?? 10]);
        var (body, status, _) = await RequestBody.ReadAsync(context, 1 << 20, CancellationToken.None);
        body!.Dispose();
        Assert.Equal(200, status);
        return server.MinDataRate!;
    }

    private sealed class Pace : IHttpMinRequestBodyDataRateFeature
    {
        public MinDataRate? MinDataRate { get; set; } = new(OrdinaryPace, TimeSpan.FromSeconds(5));
    }
}
