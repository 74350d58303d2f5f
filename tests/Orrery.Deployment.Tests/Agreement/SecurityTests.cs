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
            Assert.Equal(IsSilo(one), (bool)one.PodSpec["automountServiceAccountToken"]!);
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
    public void Silos_may_look_at_pods_and_nobody_may_do_more(string overlay)
    {
        var objects = Overlay.Render(overlay);
        var role = Assert.Single(objects, one => one.Kind.EndsWith("Role", StringComparison.Ordinal));
        var rule = Assert.Single(role.Json["rules"]!.AsArray())!;
        Assert.Equal("Role", role.Kind);
        Assert.Equal([""], Texts(rule["apiGroups"]));
        Assert.Equal(["pods"], Texts(rule["resources"]));
        Assert.Equal(["get", "list", "watch"], Texts(rule["verbs"]));

        var binding = Assert.Single(objects, one => one.Kind.EndsWith("Binding", StringComparison.Ordinal));
        Assert.Equal(("RoleBinding", "Role", role.Name), (binding.Kind, (string)binding.Json["roleRef"]!["kind"]!, (string)binding.Json["roleRef"]!["name"]!));
        var subject = Assert.Single(binding.Json["subjects"]!.AsArray())!;
        Assert.Equal("ServiceAccount", (string)subject["kind"]!);
        Assert.All(objects.Where(IsSilo), silo => Assert.Equal((string)subject["name"]!, (string)silo.PodSpec["serviceAccountName"]!));
        Assert.DoesNotContain(Overlay.Servers(overlay), one => !IsSilo(one) && (string)one.PodSpec["serviceAccountName"]! == (string)subject["name"]!);

        static IEnumerable<string> Texts(System.Text.Json.Nodes.JsonNode? list) => list!.AsArray().Select(text => (string)text!);
    }

    /// <summary>What Orleans' agent asks for: it finds the pods by these labels, and its own by its name.</summary>
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void A_silo_says_which_pod_it_is_and_its_pod_of_which_cluster(string overlay)
    {
        foreach (var silo in Overlay.Render(overlay).Where(IsSilo))
        {
            Assert.Equal((silo.Environment["SERVICE_ID"], silo.Environment["CLUSTER_ID"]), (silo.PodLabels["orleans/serviceId"], silo.PodLabels["orleans/clusterId"]));
            foreach (var (variable, field) in new[] { ("POD_NAME", "metadata.name"), ("POD_NAMESPACE", "metadata.namespace") })
                Assert.Equal(field, (string)silo.Container["env"]!.AsArray().Single(one => (string)one!["name"]! == variable)!["valueFrom"]!["fieldRef"]!["fieldPath"]!);
        }
    }

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

    private static bool IsSilo(Manifest one) => one is { HasPods: true, Kind: not "Job" } && one.Image.StartsWith("orrery-silo", StringComparison.Ordinal);
}
