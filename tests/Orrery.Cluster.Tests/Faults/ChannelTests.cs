using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.ClientApi.Routing;
using Orrery.Cluster.Tests.Membership;
using Orrery.Cluster.Tests.Support;
using Orrery.Fleet.Routing;

namespace Orrery.Cluster.Tests.Faults;

/// <summary>A front's way to one silo, whose client is the test's.</summary>
public sealed class ChannelTests
{
    private static readonly RouterOptions _options = new() { Silence = TimeSpan.FromMilliseconds(50), MaxSilence = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public async Task It_is_made_again_after_a_client_that_could_not_even_be_made()
    {
        var made = 0;
        await using var channel = New(_ => Interlocked.Increment(ref made) == 1 ? throw new InvalidOperationException("no more ports") : Client(() => Task.CompletedTask));
        await UntilAsync(() => channel.Grains is not null);
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task A_client_whose_silo_stays_silent_is_given_up_before_it_ends_and_disposed_though_it_does_not_stop()
    {
        var made = 0;
        var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var started = new TaskCompletionSource();
        await using var channel = New(_ => Interlocked.Increment(ref made) == 1
            ? Client(() => new TaskCompletionSource().Task, stop: () => Task.FromException(new TimeoutException()), dispose: disposed.SetResult)
            : Client(() => Task.CompletedTask, start: started.Task));
        await disposed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Null(channel.Grains);
        Assert.True(channel.Silent);
        // What it answered late shows that it lives, and calls go by other silos until there is a client again.
        channel.Heard();
        Assert.False(channel.Silent);
        Assert.Null(channel.Grains);
        started.SetResult();
        await UntilAsync(() => channel.Grains is not null);
    }

    [Fact]
    public async Task A_silo_whose_connection_broke_is_asked_again_though_the_question_before_is_never_answered()
    {
        var (asked, made) = (0, 0);
        Action broken = null!;
        var time = new StillTime();
        var every = TimeSpan.FromMilliseconds(200);
        await using var channel = New(tell =>
        {
            broken = tell;
            made++;
            return Client(() => Interlocked.Increment(ref asked) == 1 ? new TaskCompletionSource().Task : Task.CompletedTask);
        }, new RouterOptions(), every, time);
        // Looks go on when the test says so.
        await UntilAsync(() => time.Run(every));
        time.Pass(every);
        await UntilAsync(() => time.Run(every) && Volatile.Read(ref asked) == 1);
        // At once: it is not time to ask yet, however often it looks.
        broken();
        for (var looks = 0; looks < 3; looks++)
            await UntilAsync(() => time.Run(every));
        Assert.True(channel.Silent);
        Assert.Equal(1, Volatile.Read(ref asked));
        time.Pass(every);
        await UntilAsync(() => time.Run(every) && !channel.Silent);
        Assert.Equal(1, made);
    }

    private static SiloChannel New(Func<Action, IHost> connect, RouterOptions? options = null, TimeSpan? every = null, TimeProvider? time = null) => new(
        SiloAddress.New(IPAddress.Loopback, 1, 1), connect, options ?? _options, every ?? TimeSpan.FromMilliseconds(10), _ => { }, () => { }, time ?? TimeProvider.System, NullLogger.Instance);

    private static IHost Client(Func<Task> beat, Task? start = null, Func<Task>? stop = null, Action? dispose = null)
    {
        var pulse = Scripted.Grains(_ => beat());
        var client = Scripted.Create<IClusterClient>((method, arguments) => method.Invoke(pulse, arguments));
        var services = new ServiceCollection().AddSingleton(client).BuildServiceProvider();
        return Scripted.Create<IHost>((method, _) =>
        {
            switch (method.Name)
            {
                case nameof(IHost.StartAsync):
                    return start ?? Task.CompletedTask;
                case nameof(IHost.StopAsync):
                    return stop?.Invoke() ?? Task.CompletedTask;
                case nameof(IDisposable.Dispose):
                    dispose?.Invoke();
                    return null;
                default:
                    return services;
            }
        });
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
            await Task.Delay(5, late.Token);
    }
}
