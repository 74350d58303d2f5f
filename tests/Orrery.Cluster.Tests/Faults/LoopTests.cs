using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orrery.ClientApi.Routing;
using Orrery.Cluster.Tests.Support;
using Orrery.Grains.Replicas;
using Orrery.Grains.Vectors;

namespace Orrery.Cluster.Tests.Faults;

/// <summary>Loops that ask grains again and again, over what Orleans throws while silos come and go.</summary>
public sealed class LoopTests : IAsyncLifetime
{
    private readonly VectorFolders _folders = new();
    private TestFleet _fleet = null!;

    public async Task InitializeAsync() => _fleet = await TestFleet.StartAsync([new SiloRole { Engine = new() { ModelDirectories = [] } }], vectors: _folders);

    public async Task DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _folders.Dispose();
    }

    [Theory]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(ObjectDisposedException))]
    [InlineData(typeof(SiloUnavailableException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task A_loop_goes_on_over_what_Orleans_throws_and_ends_with_its_host(Type fault)
    {
        var silo = _fleet.Cluster.Silos[0].ServiceProvider;
        foreach (var (kind, services) in ((Type, IServiceProvider)[])[(typeof(VectorAgent), silo), (typeof(SiloAgent), silo), (typeof(ClusterWatcher), _fleet.Cluster.Client.ServiceProvider)])
        {
            var calls = 0;
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var grains = Scripted.Grains(method =>
            {
                // Each loop has asked twice more after a fault of each of its questions.
                if (Interlocked.Increment(ref calls) == 6)
                    enough.SetResult();
                var thrown = fault == typeof(ObjectDisposedException) ? new ObjectDisposedException("client") : (Exception)Activator.CreateInstance(fault)!;
                return calls % 2 == 0 ? throw thrown : Failed(method.ReturnType, thrown);
            });
            // A watcher asks by whichever silo answers, where it has ways of its own; here it has none.
            object[] parts = kind == typeof(ClusterWatcher) ? [new LiveGrains(grains, services.GetRequiredService<SiloChannels>()), grains, new HastyTime()] : [grains, new HastyTime()];
            using var loop = (BackgroundService)ActivatorUtilities.CreateInstance(services, kind, parts);
            await loop.StartAsync(CancellationToken.None);
            await Task.WhenAny(enough.Task, loop.ExecuteTask!).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(!loop.ExecuteTask!.IsCompleted, $"{kind.Name} ended after {calls} calls");
            await loop.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.False(loop.ExecuteTask.IsFaulted);
        }
    }

    private static Task Failed(Type task, Exception thrown)
    {
        if (!task.IsGenericType)
            return Task.FromException(thrown);
        // What a cancelled call looks like.
        var (name, argument) = thrown is OperationCanceledException ? (nameof(Task.FromCanceled), (object)new CancellationToken(true)) : (nameof(Task.FromException), thrown);
        return (Task)typeof(Task).GetMethods().Single(method => method.Name == name && method.IsGenericMethod).MakeGenericMethod(task.GetGenericArguments()).Invoke(null, [argument])!;
    }

    /// <summary>A clock on which every wait is over soon.</summary>
    private sealed class HastyTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime < TimeSpan.FromSeconds(1) ? dueTime / 100 : dueTime, period);
    }
}
