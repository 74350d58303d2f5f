using System.IO.Compression;
using System.Text;
using Orrery.Api.Tests.Support;

namespace Orrery.Api.Tests.Http;

[Collection(LocalFixture.Collection)]
public sealed class CompressedBodyTests(LocalFixture fixture)
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"inputs":"a text"}""");

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Reads_compressed_bodies(string encoding) => Assert.Equal(200, (await PostAsync(fixture.Server, Compress(Body, encoding), encoding)).Status);

    [Fact]
    public async Task Refuses_a_body_that_is_not_what_it_says() => Assert.Equal(400, (await PostAsync(fixture.Server, Body, "gzip")).Status);

    [Fact]
    public async Task Refuses_encodings_it_does_not_know() => Assert.Equal(415, (await PostAsync(fixture.Server, Body, "compress")).Status);

    [Fact]
    public async Task Counts_the_limit_after_decompression()
    {
        await using var small = await ApiServer.StartAsync(fixture.Backend, new ApiOptions { MaxBodyBytes = 5000 });
        var bomb = Compress(new byte[10_000_000], "gzip");
        var answer = await PostAsync(small, bomb, "gzip");
        Assert.Equal(413, answer.Status);
        Assert.Contains("5000", answer.Body, StringComparison.Ordinal);
    }

    private static byte[] Compress(byte[] bytes, string encoding)
    {
        using var target = new MemoryStream();
        using (Stream stream = encoding == "gzip" ? new GZipStream(target, CompressionLevel.Fastest) : new ZLibStream(target, CompressionLevel.Fastest))
            stream.Write(bytes);
        return target.ToArray();
    }

    private static async Task<Answer> PostAsync(ApiServer server, byte[] body, string encoding)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add(encoding);
        return await server.PostAsync("/embed", content);
    }
}
