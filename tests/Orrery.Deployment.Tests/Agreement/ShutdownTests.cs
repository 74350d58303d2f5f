using System.Globalization;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class ShutdownTests
{
    /// <summary>What Kubernetes counts from the first word to a pod is the hook's time and the process's own, before it kills.</summary>
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void A_pod_is_given_longer_than_its_drain_may_take(string overlay)
    {
        foreach (var server in Overlay.Servers(overlay))
        {
            var hook = (int?)server.Container["lifecycle"]?["preStop"]?["sleep"]?["seconds"] ?? 0;
            var own = server.Environment.GetValueOrDefault("ORRERY__Server__ShutdownTimeout") is { } set ? TimeSpan.ParseExact(set, "c", CultureInfo.InvariantCulture) : Expected.ShutdownTimeout;
            Assert.True((int)server.PodSpec["terminationGracePeriodSeconds"]! >= hook + own.TotalSeconds + 5, $"{server} would be killed while it drains");
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void What_a_Service_leads_requests_to_goes_on_serving_until_it_no_longer_does(string overlay)
    {
        var front = Assert.Single(Overlay.Servers(overlay), one => one.Image == "orrery-front");
        Assert.True((int)front.Container["lifecycle"]!["preStop"]!["sleep"]!["seconds"]! >= 3);
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void A_rollout_takes_no_capacity_away_unless_there_is_no_spare_device(string overlay)
    {
        foreach (var server in Overlay.Servers(overlay).Where(one => one.Kind == "Deployment"))
        {
            var rolling = server.Spec["strategy"]!["rollingUpdate"]!;
            if (server.Image == "orrery-silo-gpu")
                Assert.Equal((0, 1), ((int)rolling["maxSurge"]!, (int)rolling["maxUnavailable"]!));
            else
                Assert.Equal(0, (int)rolling["maxUnavailable"]!);
        }
    }
}
