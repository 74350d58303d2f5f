using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class SecurityTests
{
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void No_pod_has_more_rights_than_it_needs(string overlay)
    {
        foreach (var one in Overlay.Render(overlay).Concat(Overlay.RenderFolder("models")).Where(one => one.HasPods))
        {
            Assert.False((bool)one.PodSpec["automountServiceAccountToken"]!);
            Assert.False((bool)one.PodSpec["enableServiceLinks"]!);
            var pod = one.PodSpec["securityContext"]!;
            Assert.True((bool)pod["runAsNonRoot"]!);
            Assert.True((int)pod["runAsUser"]! > 0);
            Assert.Equal("RuntimeDefault", (string)pod["seccompProfile"]!["type"]!);
            var container = one.Container["securityContext"]!;
            Assert.False((bool)container["allowPrivilegeEscalation"]!);
            Assert.True((bool)container["readOnlyRootFilesystem"]!);
            Assert.Equal(["ALL"], container["capabilities"]!["drop"]!.AsArray().Select(capability => (string)capability!));
            Assert.Null(container["privileged"]);
            Assert.Null(one.PodSpec["hostNetwork"]);
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Nobody_may_ask_Kubernetes_anything(string overlay) =>
        Assert.DoesNotContain(Overlay.Render(overlay), one => one.Kind.Contains("Role", StringComparison.Ordinal));

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void A_root_that_cannot_be_written_leaves_a_place_for_what_must_be(string overlay)
    {
        foreach (var one in Overlay.Render(overlay).Where(one => one.HasPods))
        {
            var volumes = one.PodSpec["volumes"]!.AsArray().ToDictionary(volume => (string)volume!["name"]!, volume => volume!);
            var mounts = one.Container["volumeMounts"]!.AsArray().ToDictionary(mount => (string)mount!["mountPath"]!, mount => mount!);
            var claims = one.Spec["volumeClaimTemplates"]?.AsArray().Select(claim => (string)claim!["metadata"]!["name"]!) ?? [];
            Assert.All(mounts.Values, mount => Assert.Contains((string)mount["name"]!, volumes.Keys.Concat(claims)));
            Assert.NotNull(volumes[(string)mounts["/tmp"]["name"]!]["emptyDir"]);
            if (one.Environment.GetValueOrDefault("ORRERY__Engine__CacheDirectory") is { } cache)
                Assert.NotNull(volumes[(string)mounts[cache]["name"]!]["emptyDir"]);
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Every_container_says_what_it_needs_and_a_GPU_is_asked_for_where_there_are_some(string overlay)
    {
        foreach (var one in Overlay.Render(overlay).Where(one => one.HasPods))
        {
            var resources = one.Container["resources"]!;
            Assert.NotNull(resources["requests"]!["cpu"]);
            Assert.NotNull(resources["requests"]!["memory"]);
            Assert.NotNull(resources["limits"]!["memory"]);
            var gpu = one.Image == "orrery-silo-gpu";
            Assert.Equal(gpu ? "1" : null, (string?)resources["limits"]!["nvidia.com/gpu"]);
            Assert.Equal(gpu, one.PodSpec["nodeSelector"]?["nvidia.com/gpu.present"] is not null);
            Assert.Equal(gpu, one.PodSpec["tolerations"]?.AsArray().Any(toleration => (string?)toleration!["key"] == "nvidia.com/gpu") ?? false);
        }
    }
}
