using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Cluster.Tests.Membership;
using Orrery.Cluster.Tests.Support;
using Orrery.Grains.Supervision;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Supervision;

/// <summary>What becomes of replicas whose silo says nothing, but may come back.</summary>
public sealed class SilentSiloTests
{
    private static readonly FleetOptions _options = new();

    private readonly StillTime _time = new();
    private readonly ReplicaView _view = new(new ReplicaKey("model", "digest", Pools.Cpu, "1").ToString(), SiloAddress.Zero, ReplicaPhase.Ready, "digest", default, 0, 0);
    private TaskCompletionSource<Answer<ReplicaReport>> _probe = new();
    private int _probes;
    private int _stops;

    [Fact]
    public void They_are_neither_probed_nor_drained_nor_stopped()
    {
        var set = New();
        for (var i = 0; i < 2 * _options.FailedProbes; i++)
        {
            Round(set, silent: true);
            _probe.TrySetException(new TimeoutException());
        }

        Assert.Equal(1, _probes);
        Assert.Equal(ReplicaPhase.Ready, Assert.Single(set.All).Phase);

        // Surplus by the time it is back: then it is stopped, and not before.
        set.Drain(set.All.Single());
        Round(set, silent: true);
        Assert.Equal(0, _stops);
        Round(set, silent: false);
        Assert.Equal(1, _stops);
    }

    [Fact]
    public void One_that_does_not_answer_on_a_silo_that_does_is_drained()
    {
        var set = New();
        for (var i = 0; i < _options.FailedProbes; i++)
        {
            Round(set, silent: false);
            _probe.TrySetException(new TimeoutException());
        }

        Assert.Equal(ReplicaPhase.Draining, Assert.Single(set.All).Phase);
    }

    [Fact]
    public void One_that_is_found_while_its_silo_is_silent_answers_when_that_is_back()
    {
        var set = Empty();
        Round(set, silent: true);
        Assert.Equal(0, _probes);
        // The first proof of all may fail too.
        Round(set, silent: false);
        _probe.SetException(new TimeoutException());
        Round(set, silent: false);
        _probe.SetResult(Proof());
        Assert.Equal(ReplicaPhase.Ready, Assert.Single(set.All).Phase);
    }

    /// <summary>A set with one replica, which has proved itself.</summary>
    private ReplicaSet New()
    {
        var set = Empty();
        set.Adopt([Silo(silent: false)]);
        _probe.SetResult(Proof());
        Assert.Equal(ReplicaPhase.Ready, Assert.Single(set.All).Phase);
        return set;
    }

    private ReplicaSet Empty()
    {
        var grains = Scripted.Grains(method =>
        {
            if (method.Name == nameof(IModelGrain.StopAsync))
            {
                _stops++;
                return Task.CompletedTask;
            }

            _probes++;
            return (_probe = new()).Task;
        });
        return new ReplicaSet("model", grains, grains.GetGrain<IRegistryGrain>(0), _options, () => { }, _time, NullLogger.Instance);
    }

    private static Answer<ReplicaReport> Proof() => new()
    {
        Value = new ReplicaReport { Silo = SiloAddress.Zero, Info = new() { Name = "model", State = Engine.ModelState.Ready, Digest = "digest", Path = "" }, Aliases = [], Detectors = [] },
    };

    private void Round(ReplicaSet set, bool silent)
    {
        set.Adopt([Silo(silent)]);
        _time.Pass(_options.ProbeEvery);
        set.Probe();
        set.StopDrained();
    }

    private SiloReport Silo(bool silent) => new() { Silo = SiloAddress.Zero, Pool = Pools.Cpu, Silent = silent, Replicas = [_view] };
}
