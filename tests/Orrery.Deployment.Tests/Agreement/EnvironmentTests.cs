using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class EnvironmentTests
{
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Every_variable_is_one_that_the_program_reads(string overlay)
    {
        foreach (var one in Overlay.Ours(overlay))
            Assert.Equal([], one.Environment.Keys.Except(Expected.VariablesOf(one.Image)!));
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Fronts_and_silos_are_of_one_cluster_with_its_membership_in_the_database(string overlay)
    {
        var servers = Overlay.Servers(overlay).ToList();
        Assert.Single(servers.Select(one => (one.Environment["CLUSTER_ID"], one.Environment["SERVICE_ID"])).Distinct());
        foreach (var one in Overlay.Ours(overlay))
            Assert.Equal(("orrery-database", "connection"), SecretOf(one, "CLUSTER_DATABASE"));
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void A_silo_is_of_its_pools_device_and_says_where_it_is(string overlay)
    {
        foreach (var silo in Overlay.Servers(overlay).Where(one => one.Image != "orrery-front"))
        {
            // Those that keep vectors are of the cpu pool, whose number they have no part in.
            var pool = silo.Kind == "StatefulSet" ? "cpu" : silo.PodLabels["orrery/pool"];
            Assert.Contains(pool, Expected.Pools);
            Assert.Equal(pool, silo.Environment["SILO_DEVICE"]);
            Assert.Equal($"orrery-silo-{pool}", silo.Image);
            Assert.Equal(pool == "gpu" ? "cuda" : "cpu", silo.Environment["DEVICE"]);
            var address = silo.Container["env"]!.AsArray().Single(one => (string)one!["name"]! == "POD_IP")!;
            Assert.Equal("status.podIP", (string)address["valueFrom"]!["fieldRef"]!["fieldPath"]!);
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Every_setting_is_there_once(string overlay)
    {
        foreach (var one in Overlay.Ours(overlay))
            Assert.Equal(one.Container["env"]!.AsArray().Count, one.Environment.Count);
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Flags_are_ones_that_the_silo_takes(string overlay)
    {
        foreach (var one in Overlay.Ours(overlay))
            Assert.Equal([], (one.Container["args"]?.AsArray() ?? []).Select(flag => (string)flag!).Except(Expected.SiloFlags));
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void What_an_overlay_does_not_bring_itself_the_operators_page_says_how_to_make(string overlay)
    {
        var page = Checkout.Read("docs", "kubernetes.md");
        var objects = Overlay.Render(overlay);
        foreach (var one in Overlay.Ours(overlay))
        {
            var secrets = one.Container["env"]!.AsArray().Select(variable => (string?)variable!["valueFrom"]?["secretKeyRef"]?["name"]).OfType<string>();
            var claims = one.PodSpec["volumes"]!.AsArray().Select(volume => (string?)volume!["persistentVolumeClaim"]?["claimName"]).OfType<string>();
            foreach (var name in secrets.Concat(claims).Where(name => !objects.Any(other => other.Name == name)))
                Assert.Contains(name, page, StringComparison.Ordinal);
        }
    }

    private static (string, string) SecretOf(Manifest one, string variable)
    {
        var reference = one.Container["env"]!.AsArray().Single(entry => (string)entry!["name"]! == variable)!["valueFrom"]!["secretKeyRef"]!;
        return ((string)reference["name"]!, (string)reference["key"]!);
    }
}
