using System.Net;
using Orrery.Grains.Registry;
using Orrery.Interfaces.Wire;

namespace Orrery.Cluster.Tests.Supervision;

public sealed class TrialsTests
{
    private const string Model = "model";
    private const string Digest = "0123456789abcdef";

    private static readonly SiloAddress _one = SiloAddress.New(IPAddress.Loopback, 1, 1);
    private static readonly SiloAddress _two = SiloAddress.New(IPAddress.Loopback, 2, 1);

    private readonly Dictionary<string, Trial> _known = new(StringComparer.Ordinal);
    private readonly Trials _trials;

    public TrialsTests() => _trials = new Trials(_known, TimeProvider.System);

    [Fact]
    public void A_version_is_loaded_by_one_silo_first_and_by_any_once_it_is_proven()
    {
        Assert.Equal(TrialOrder.Load, Begin(_one));
        Assert.Equal(TrialOrder.Wait, Begin(_two));
        Assert.True(_trials.End(Digest, _one, TrialOutcome.Proven, null));
        Assert.Equal(TrialOrder.Load, Begin(_two));
        Assert.Empty(_trials.Look(_ => false));
    }

    [Fact]
    public void A_version_whose_silo_ended_is_tried_apart_and_quarantined_if_that_ends_too()
    {
        Begin(_one);
        Assert.Equal(Model, Assert.Single(_trials.Look(silo => !silo.Equals(_one))).Model);
        Assert.Equal(TrialOrder.TryApart, Begin(_two));
        _trials.End(Digest, _two, TrialOutcome.Quarantined, "exit code 136");
        Assert.Equal(new TrialAnswer(TrialOrder.Refuse, "exit code 136"), _trials.Begin(Model, Digest, _one, out _));
        // Another version is another matter.
        Assert.Equal(TrialOrder.Load, _trials.Begin(Model, "another", _one, out _).Order);
    }

    [Fact]
    public void A_load_begun_with_a_registry_that_is_lost_is_waited_for_until_its_silo_is_known_to_be_lost_too()
    {
        Begin(_one);
        var next = new Trials(_known, TimeProvider.System);
        Assert.Equal(TrialOrder.Wait, next.Begin(Model, Digest, _two, out _).Order);
        next.Look(silo => !silo.Equals(_one));
        Assert.Equal(TrialOrder.TryApart, next.Begin(Model, Digest, _two, out _).Order);
    }

    [Fact]
    public void A_version_that_lives_apart_is_placed_again()
    {
        Begin(_one);
        _trials.Look(silo => !silo.Equals(_one));
        Assert.Equal(TrialOrder.TryApart, Begin(_two));
        _trials.End(Digest, _two, TrialOutcome.Proven, null);
        Assert.Equal(TrialOrder.Load, Begin(_one));
    }

    [Fact]
    public void A_version_that_was_loaded_and_never_run_is_remembered_as_such()
    {
        Begin(_one);
        _trials.End(Digest, _one, TrialOutcome.Loaded, null);
        // A second replica may be loaded; both silos are noted.
        Assert.Equal(TrialOrder.Load, Begin(_two));
        _trials.End(Digest, _two, TrialOutcome.Loaded, null);
        Assert.Single(_trials.Look(silo => !silo.Equals(_one)));
        Assert.Equal(TrialOrder.TryApart, Begin(_two));
    }

    [Fact]
    public void What_was_refused_by_name_blames_nobody()
    {
        Begin(_one);
        _trials.End(Digest, _one, TrialOutcome.Failed, null);
        Assert.Empty(_trials.Look(_ => false));
        Assert.Equal(TrialOrder.Load, Begin(_two));
    }

    [Fact]
    public void An_admin_frees_a_version_and_it_is_tried_apart_once_more()
    {
        Begin(_one);
        _trials.Look(_ => false);
        Begin(_two);
        _trials.End(Digest, _two, TrialOutcome.Quarantined, "it ended");
        Assert.True(_trials.Free(Digest));
        Assert.False(_trials.Free(Digest));
        Assert.Equal(TrialOrder.TryApart, Begin(_one));
    }

    private TrialOrder Begin(SiloAddress silo) => _trials.Begin(Model, Digest, silo, out _).Order;
}
