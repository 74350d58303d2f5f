using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orrery.Api.Http;
using Orrery.Api.Tests.Support;
using Orrery.Engine.Tests.Support;

namespace Orrery.Api.Tests.Http;

[Collection(LocalFixture.Collection)]
public sealed class BytesInFlightTests(LocalFixture fixture)
{
    private const int Limit = 100;

    private static readonly string _large = """{"inputs":"a text"}""" + new string(' ', 100_000);

    [Fact]
    public async Task Lets_bodies_in_while_there_is_room_and_then_in_turn()
    {
        var room = new BytesInFlight(Limit, TimeProvider.System);
        Assert.Equal(60, await room.TakeAsync(60, default));
        var large = room.TakeAsync(80, default);
        // It would fit, but another came first.
        var small = room.TakeAsync(30, default);
        Assert.False(large.IsCompleted || small.IsCompleted);
        room.Return(60);
        Assert.Equal(80, await large);
        Assert.False(small.IsCompleted);
        room.Return(80);
        Assert.Equal(30, await small);
        room.Return(30);
        Assert.Equal(0, room.Taken);
    }

    [Fact]
    public async Task Forgets_who_leaves_and_lets_those_behind_in()
    {
        var room = new BytesInFlight(Limit, TimeProvider.System);
        await room.TakeAsync(60, default);
        using var leaving = new CancellationTokenSource();
        var first = room.TakeAsync(90, leaving.Token);
        var second = room.TakeAsync(40, default);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.AsTask());
        Assert.Equal(40, await second);
        Assert.Equal(100, room.Taken);
    }

    [Fact]
    public async Task What_is_larger_than_all_room_takes_all_of_it()
    {
        var room = new BytesInFlight(Limit, TimeProvider.System);
        Assert.Equal(Limit, await room.TakeAsync(10 * Limit, default));
    }

    [Fact]
    public async Task Bodies_beyond_the_room_wait_and_are_then_told_to_come_back()
    {
        const int Bytes = 1 << 20;
        await using var server = await ApiServer.StartAsync(fixture.Backend, new ApiOptions { MaxBodyBytes = Bytes, MaxBytesInFlight = 2 * Bytes });
        var slow = new List<SlowBody>();
        var sent = new List<Task<HttpResponseMessage>>();
        for (var i = 0; i < 2; i++)
        {
            slow.Add(new SlowBody(Bytes));
            sent.Add(server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/embed") { Content = slow[i] }));
            await slow[i].Begun;
        }

        // Each has as much room as it announced, however little of it has come; but what a client has sent a server need not have seen yet.
        Answer refused;
        while ((refused = await server.PostAsync("/embed", _large)).Status == 200)
            await Task.Yield();
        Assert.True(refused.Status == 503, $"{refused.Status} {refused.Body}");
        Assert.True(refused.Headers.Contains("Retry-After"));
        Assert.Contains("Api:MaxBytesInFlight", refused.Body, StringComparison.Ordinal);
        // A question is no upload, and waits for none.
        Assert.Equal(200, (await server.PostAsync("/embed", """{"inputs":"a text"}""")).Status);
        foreach (var body in slow)
            body.End();
        foreach (var answer in sent)
            (await answer).Dispose();
        Assert.Equal(200, (await server.PostAsync("/embed", _large)).Status);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(1 << 14)]
    public async Task A_body_that_takes_too_long_to_come_gives_its_room_back(int bytes)
    {
        var time = new ManualTime();
        await using var server = await ApiServer.StartAsync(fixture.Backend, more: services => services.AddSingleton<TimeProvider>(time));
        using var client = new TcpClient(server.Address.Host, server.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /embed HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: {bytes}\r\n\r\n{{"));
        using var reader = new StreamReader(stream);
        var status = reader.ReadLineAsync();
        while (!status.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(1);
        }

        Assert.StartsWith("HTTP/1.1 408", await status, StringComparison.Ordinal);
        client.Client.Shutdown(SocketShutdown.Send);
        while (await reader.ReadLineAsync() is { Length: > 0 })
        {
        }

        Assert.Contains("did not come within", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    /// <summary>A body that announces its length, and comes when it is told to.</summary>
    private sealed class SlowBody : HttpContent
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly int _bytes;

        public SlowBody(int bytes)
        {
            _bytes = bytes;
            Headers.ContentType = new("application/json");
        }

        public Task Begun => _begun.Task;

        public void End() => _end.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            // Kestrel drops a body of which nothing comes; a little of this one keeps coming.
            var block = new byte[4096];
            Array.Fill(block, (byte)' ');
            var left = _bytes;
            while (left > 0)
            {
                var part = Math.Min(left, block.Length);
                await stream.WriteAsync(block.AsMemory(0, part));
                await stream.FlushAsync();
                left -= part;
                _begun.TrySetResult();
                if (!_end.Task.IsCompleted)
                    await Task.WhenAny(_end.Task, Task.Delay(TimeSpan.FromMilliseconds(500)));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _bytes;
            return true;
        }
    }
}
