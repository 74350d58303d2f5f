using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class VectorTests
{
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Silos_that_come_and_go_keep_no_vectors_and_the_others_have_a_volume_each_for_them(string overlay)
    {
        var keepers = 0;
        foreach (var silo in Overlay.Servers(overlay).Where(one => one.Image != "orrery-front"))
        {
            Assert.Equal(silo.Kind == "StatefulSet" ? "true" : "false", silo.Environment["ORRERY__Silo__KeepsVectors"]);
            if (silo.Kind != "StatefulSet")
                continue;
            keepers++;
            var claim = Assert.Single(silo.Spec["volumeClaimTemplates"]!.AsArray())!;
            // One node's: SQLite's locks are not to be trusted on shares.
            Assert.Equal(["ReadWriteOnce"], claim["spec"]!["accessModes"]!.AsArray().Select(mode => (string)mode!));
            var mount = silo.Container["volumeMounts"]!.AsArray().Single(mount => (string)mount!["name"]! == (string)claim["metadata"]!["name"]!)!;
            Assert.StartsWith((string)mount["mountPath"]! + "/", silo.Environment["VECTOR_DIR"], StringComparison.Ordinal);
            Assert.Null(mount["readOnly"]);
            Assert.Equal("Retain", (string)silo.Spec["persistentVolumeClaimRetentionPolicy"]!["whenDeleted"]!);
            Assert.Equal("Retain", (string)silo.Spec["persistentVolumeClaimRetentionPolicy"]!["whenScaled"]!);
            // Its number is nobody's to change but the operator's: shards do not move.
            Assert.Empty(Scaling.Of(overlay, silo));
        }

        Assert.Equal(1, keepers);
    }
}
