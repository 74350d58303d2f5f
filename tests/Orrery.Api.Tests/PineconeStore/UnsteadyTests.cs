using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Api.Tests.Support;
using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Api.Tests.Stores;

/// <summary>The outbox over real sockets and real processes: what was acknowledged arrives, in order, whatever happens between.</summary>
public sealed class UnsteadyTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;
    private readonly SocketsHttpHandler _handler = new();
    private UnsteadyPinecone _service = null!;

    // A port that no connection takes while the service is gone.
    public async Task InitializeAsync() => _service = await UnsteadyPinecone.StartAsync(Ports.Free());

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        _handler.Dispose();
    }

    [Theory]
    [InlineData(Mood.Slow)]
    [InlineData(Mood.Resets)]
    [InlineData(Mood.TakesAndResets)]
    [InlineData(Mood.TooManyRequests)]
    [InlineData(Mood.Fails)]
    public async Task What_an_unwell_service_does_not_take_is_queued_and_arrives_when_it_is_well(Mood mood)
    {
        await using var store = Open();
        // On a machine that stands still for longer than the store is patient it may be queued too.
        for (var tries = 1; (await store.UpsertAsync(FillOutbox.Record(0), default)).Value!.Queued; tries++)
        {
            Assert.True(tries < 20, "a service that is well takes nothing at once");
            await DrainedAsync(store);
        }

        _service.Mood = mood;
        for (var i = 1; i <= 30; i++)
            Assert.True((await store.UpsertAsync(FillOutbox.Record(i), default)).Value!.Queued);
        _service.Mood = Mood.Well;
        await DrainedAsync(store);
        AssertArrived(Enumerable.Range(0, 31));
    }

    [Fact]
    public async Task A_service_that_is_gone_for_a_while_misses_nothing()
    {
        await using var store = Open();
        await store.UpsertAsync(FillOutbox.Record(0), default);
        await _service.DisposeAsync();
        for (var i = 1; i <= 30; i++)
            Assert.True((await store.UpsertAsync(FillOutbox.Record(i), default)).Value!.Queued);
        _service = await UnsteadyPinecone.StartAsync(_service.Port);
        await DrainedAsync(store);
        AssertArrived(Enumerable.Range(1, 30));
    }

    [Fact]
    public async Task Changing_moods_change_neither_order_nor_number()
    {
        var random = new Random(7);
        var moods = Enum.GetValues<Mood>();
        await using (var store = Open())
        {
            for (var i = 0; i < 400; i++)
            {
                if (i % 20 == 0)
                    _service.Mood = random.Next(2) == 0 ? Mood.Well : moods[random.Next(moods.Length)];
                Assert.Null((await store.UpsertAsync(FillOutbox.Record(i), default)).Error);
                if (i % 50 == 0)
                    await Task.Delay(random.Next(200));
            }

            _service.Mood = Mood.Well;
            await DrainedAsync(store);
        }

        AssertArrived(Enumerable.Range(0, 400));
    }

    [Fact]
    public async Task Killed_at_any_moment_it_sends_all_that_was_acknowledged()
    {
        var random = new Random(11);
        var acknowledged = new List<int>();
        var queued = 0;
        for (var round = 0; round < 12; round++)
        {
            _service.Mood = round % 3 == 2 ? Mood.Well : Mood.Fails;
            using var child = Start(round * 100_000);
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            // By what it has acknowledged, and not by the time, which a busy machine may let pass without any. Some are killed with what they say, some while
            // the service's mood changes.
            var changes = random.Next(9, 16);
            var dies = changes + random.Next(8);
            try
            {
                for (var said = 0; await child.StandardOutput.ReadLineAsync(limit.Token) is { } line;)
                {
                    // The last line may be half of one.
                    if (line.Split(' ') is not [var number, "queued" or "taken"])
                        continue;
                    acknowledged.Add(int.Parse(number, CultureInfo.InvariantCulture));
                    queued += line.EndsWith("queued", StringComparison.Ordinal) ? 1 : 0;
                    if (++said == changes)
                        _service.Mood = random.Next(2) == 0 ? Mood.Well : Mood.TakesAndResets;
                    if (said != dies)
                        continue;
                    await Task.Delay(random.Next(100));
                    child.Kill();
                }
            }
            finally
            {
                child.Kill();
            }

            await child.WaitForExitAsync();
        }

        Assert.True(acknowledged.Count > 100 && queued > 50, $"{acknowledged.Count} acknowledged, {queued} of them queued: the test shows nothing");
        _service.Mood = Mood.Well;
        await using (var store = Open())
            await DrainedAsync(store);
        AssertArrived(acknowledged);
    }

    private static async Task DrainedAsync(PineconeStore store)
    {
        var clock = Stopwatch.StartNew();
        while (store.QueuedRecords > 0)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), $"{store.QueuedRecords} records still wait");
            await Task.Delay(20);
        }
    }

    private PineconeStore Open()
    {
        var opened = PineconeStore.Open(FillOutbox.Vectors(_folder), FillOutbox.Pinecone(_service.Port), _handler, NullLoggerFactory.Instance, TimeProvider.System);
        Assert.Null(opened.Error);
        return opened.Value!;
    }

    private Process Start(int first)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var argument in new[] { typeof(FillOutbox).Assembly.Location, _folder, _service.Port.ToString(CultureInfo.InvariantCulture), first.ToString(CultureInfo.InvariantCulture) })
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    // Repeated ones are right: a call whose answer was lost is made again. What comes for the first time comes in order.
    private void AssertArrived(IEnumerable<int> acknowledged)
    {
        var taken = _service.Taken;
        Assert.Empty(acknowledged.Except(taken.Select(record => (int)record.Value)));
        foreach (var lane in taken.GroupBy(record => record.Namespace))
        {
            var first = lane.Select(record => record.Value).Distinct().ToArray();
            Assert.Equal(first.Order(), first);
        }
    }
}
