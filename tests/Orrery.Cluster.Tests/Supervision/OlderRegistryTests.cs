using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Cluster.Tests.Membership;
using Orrery.Cluster.Tests.Support;
using Orrery.Grains.Supervision;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Supervision;

/// <summary>While a cluster is updated, the registry may be of a release that knows of no trials.</summary>
public sealed class OlderRegistryTests
{
    private readonly List<string> _asked = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_replica_is_started_without_a_trial_where_the_registry_knows_of_none(bool trials)
    {
        var set = Set();
        set.Trials = trials;
        set.Start(new FoundModel("model", "digest", "", Pools.Cpu, false, 0, null), Pools.Cpu, SiloAddress.Zero);
        if (trials)
            Assert.Empty(set.All);
        else
            Assert.Equal(ReplicaPhase.Ready, Assert.Single(set.All).Phase);
        Assert.Equal(trials, _asked.Contains(nameof(IRegistryGrain.BeginTrialAsync)));
        Assert.DoesNotContain(nameof(IRegistryGrain.EndTrialAsync), _asked);
    }

    [Fact]
    public void Raw_tensors_that_were_started_without_a_trial_are_tried_once_the_registry_knows_of_it()
    {
        var set = Set(Engine.ModelTask.Tensor);
        var version = new FoundModel("model", "digest", "", Pools.Cpu, false, 0, null);
        set.Start(version, Pools.Cpu, SiloAddress.Zero);
        Assert.Equal(ReplicaPhase.Ready, Assert.Single(set.All).Phase);
        set.Trials = true;
        set.Start(version, Pools.Cpu, SiloAddress.Zero);
        Assert.Contains(nameof(IRegistryGrain.BeginTrialAsync), _asked);
    }

    private ReplicaSet Set(Engine.ModelTask task = Engine.ModelTask.Embedding)
    {
        var grains = Scripted.Grains(method =>
        {
            _asked.Add(method.Name);
            return method.Name switch
            {
                nameof(IModelGrain.StartAsync) => Task.FromResult(Started(task)),
                _ => throw new NotSupportedException(method.Name),
            };
        });
        return new ReplicaSet("model", grains, grains.GetGrain<IRegistryGrain>(0), new FleetOptions(), () => { }, new StillTime(), NullLogger.Instance);
    }

    private static Answer<ReplicaReport> Started(Engine.ModelTask task) => new()
    {
        Value = new ReplicaReport { Silo = SiloAddress.Zero, Info = new() { Name = "model", State = Engine.ModelState.Ready, Task = task, Digest = "digest", Path = "" }, Aliases = [], Detectors = [] },
    };
}
