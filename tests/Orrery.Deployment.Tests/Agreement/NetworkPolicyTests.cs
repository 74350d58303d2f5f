using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class NetworkPolicyTests
{
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void What_must_be_reached_is_reached(string overlay)
    {
        var (network, fronts, silos, all) = Of(overlay);
        Assert.True(network.Lets(Peer.Outside, fronts, Expected.FrontPorts["http"]));
        Assert.True(network.Lets(Peer.In("keda"), fronts, Expected.FrontPorts["http"]));
        foreach (var silo in silos)
        {
            Assert.True(network.Lets(fronts, silo, Expected.SiloPorts["gateway"]));
            Assert.All(silos, other => Assert.True(network.Lets(silo, other, Expected.SiloPorts["silo"])));
            Assert.True(network.Lets(Peer.In("monitoring"), silo, Expected.SiloPorts["http"]));
            // Kubernetes' API is no pod's, mostly, and at one of these.
            Assert.True(network.Lets(silo, Peer.Outside, 443));
            Assert.True(network.Lets(silo, Peer.Outside, 6443));
        }

        foreach (var one in all)
        {
            Assert.True(network.Lets(one, Database(overlay), Expected.DatabasePort));
            Assert.True(network.Lets(one, Peer.In("kube-system"), 53, "UDP"));
            Assert.True(network.Lets(one, Peer.In("kube-system"), 53, "TCP"));
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Nothing_else_is(string overlay)
    {
        var (network, fronts, silos, all) = Of(overlay);
        foreach (var silo in silos)
        {
            Assert.False(network.Lets(fronts, silo, Expected.SiloPorts["silo"]));
            Assert.False(network.Lets(fronts, silo, Expected.SiloPorts["http"]));
            Assert.False(network.Lets(silo, fronts, Expected.FrontPorts["http"]));
            foreach (var port in Expected.SiloPorts.Values)
            {
                Assert.False(network.Lets(Peer.Outside, silo, port));
                Assert.False(network.Lets(Peer.In("default"), silo, port));
            }

            Assert.False(network.Lets(Peer.In("monitoring"), silo, Expected.SiloPorts["gateway"]));
        }

        foreach (var one in all)
        {
            Assert.Equal(silos.Any(silo => silo.Labels == one.Labels), network.Lets(one, Peer.Outside, 443));
            Assert.False(network.Lets(one, Peer.In("default"), 80));
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Every_policy_is_of_pods_that_are_there(string overlay)
    {
        var objects = Overlay.Render(overlay);
        Assert.All(objects.Where(one => one.Kind == "NetworkPolicy"), policy =>
            Assert.Contains(objects, one => one.HasPods && Manifest.Selects(policy.Spec["podSelector"], one.PodLabels)));
    }

    private static (Network Network, Peer Fronts, IReadOnlyList<Peer> Silos, IReadOnlyList<Peer> All) Of(string overlay)
    {
        var servers = Overlay.Servers(overlay).ToList();
        var fronts = new Peer(Assert.Single(servers, one => one.Image == "orrery-front").PodLabels, "orrery");
        var silos = servers.Where(one => one.Image != "orrery-front").Select(one => new Peer(one.PodLabels, "orrery")).ToList();
        Assert.NotEmpty(silos);
        return (new Network(Overlay.Render(overlay)), fronts, silos, [.. silos, fronts, .. Overlay.Ours(overlay).Where(one => one.Kind == "Job").Select(one => new Peer(one.PodLabels, "orrery"))]);
    }

    /// <summary>The database that the overlay brings, or one outside.</summary>
    private static Peer Database(string overlay) =>
        Overlay.Render(overlay).FirstOrDefault(one => one.HasPods && one.Image == "postgres") is { } postgres ? new Peer(postgres.PodLabels, "orrery") : Peer.Outside;
}
