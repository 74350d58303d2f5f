using System.Text.Json.Nodes;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class ScalingTests
{
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void A_number_of_replicas_has_one_owner(string overlay)
    {
        foreach (var server in Overlay.Servers(overlay))
        {
            var scalers = Scaling.Of(overlay, server);
            // Replicas in the manifest would be set again, against the scaler's will, every time it is applied.
            Assert.Equal(1, scalers.Count + (server.Spec["replicas"] is null ? 0 : 1));
        }

        Assert.All(Overlay.Render(overlay).Where(one => one.Kind is "HorizontalPodAutoscaler" or "ScaledObject"), scaler =>
            Assert.Contains(Overlay.Servers(overlay), server => (server.Kind, server.Name) == Scaling.TargetOf(scaler)));
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void A_scaler_on_CPU_has_a_request_to_be_a_share_of(string overlay)
    {
        foreach (var server in Overlay.Servers(overlay))
        {
            foreach (var scaler in Scaling.Of(overlay, server).Where(one => one.Kind == "HorizontalPodAutoscaler"))
            {
                Assert.NotNull(server.Container["resources"]!["requests"]!["cpu"]);
                Assert.True((int)scaler.Spec["minReplicas"]! < (int)scaler.Spec["maxReplicas"]!);
            }
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void KEDA_asks_a_Service_that_is_there_for_the_pool_that_it_scales(string overlay)
    {
        var objects = Overlay.Render(overlay);
        foreach (var scaler in objects.Where(one => one.Kind == "ScaledObject"))
        {
            var target = Assert.Single(Overlay.Servers(overlay), one => (one.Kind, one.Name) == Scaling.TargetOf(scaler));
            var trigger = Assert.Single(scaler.Spec["triggers"]!.AsArray())!;
            Assert.Equal("metrics-api", (string)trigger["type"]!);
            var url = new Uri((string)trigger["metadata"]!["url"]!);
            Assert.Equal(Expected.Autoscale(target.PodLabels["orrery/pool"]), url.AbsolutePath);

            var service = Assert.Single(objects, one => one.Kind == "Service" && url.Host == $"{one.Name}.{one.Json["metadata"]!["namespace"]}.svc");
            var port = Assert.Single(service.Spec["ports"]!.AsArray(), one => (int)one!["port"]! == url.Port)!;
            var selector = new JsonObject { ["matchLabels"] = service.Spec["selector"]!.DeepClone() };
            var behind = Assert.Single(objects, one => one.HasPods && Manifest.Selects(selector, one.PodLabels));
            Assert.Equal("orrery-front", behind.Image);
            Assert.Equal(Expected.FrontPorts["http"], behind.Ports[(string)port["targetPort"]!]);
        }
    }

    /// <summary>HorizontalPodAutoscaler's rule for AverageValue is replicas = value / target, and KEDA's fallback works for no other.</summary>
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void The_desired_number_is_taken_as_it_is_and_outlives_a_front_that_does_not_answer(string overlay)
    {
        foreach (var scaler in Overlay.Render(overlay).Where(one => one.Kind == "ScaledObject"))
        {
            var trigger = scaler.Spec["triggers"]![0]!;
            Assert.Equal("AverageValue", (string)trigger["metricType"]!);
            Assert.Equal("1", (string)trigger["metadata"]!["targetValue"]!);
            Assert.Equal("json", (string)trigger["metadata"]!["format"]!);
            Assert.Contains((string)trigger["metadata"]!["valueLocation"]!, Expected.AutoscaleFields);
            Assert.Equal("desired", (string)trigger["metadata"]!["valueLocation"]!);
            Assert.Equal("currentReplicasIfHigher", (string)scaler.Spec["fallback"]!["behavior"]!);
            Assert.InRange((int)scaler.Spec["fallback"]!["replicas"]!, (int)scaler.Spec["minReplicaCount"]!, (int)scaler.Spec["maxReplicaCount"]!);
        }
    }

    [OverlayFact]
    public void Every_pool_of_the_cluster_is_scaled_where_it_is_deployed()
    {
        Assert.Equal(["orrery-silo-cpu"], Scaled("cpu"));
        Assert.Equal(["orrery-silo-cpu", "orrery-silo-gpu"], Scaled("gpu"));
        Assert.Equal([], Scaled("dev"));
    }

    private static IEnumerable<string> Scaled(string overlay) =>
        Overlay.Render(overlay).Where(one => one.Kind == "ScaledObject").Select(one => Scaling.TargetOf(one).Name).Order(StringComparer.Ordinal);
}
