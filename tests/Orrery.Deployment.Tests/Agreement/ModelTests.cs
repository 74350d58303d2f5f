using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class ModelTests
{
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Models_are_looked_for_where_something_is_mounted_or_shipped(string overlay)
    {
        foreach (var silo in Silos(overlay))
        {
            foreach (var folder in new[] { "MODEL_CACHE_DIR", "DETECTOR_DIR" }.Select(name => silo.Environment[name]!))
            {
                var shipped = folder.StartsWith("/app/", StringComparison.Ordinal)
                    && Checkout.Read("silo", "Orrery.Silo.csproj").Contains($"Link=\"{folder["/app/".Length..]}/", StringComparison.Ordinal);
                Assert.True(ClaimAt(silo, folder) is not null || shipped, $"{silo}: nothing is at {folder}");
            }
        }
    }

    [OverlayTheory]
    [InlineData("cpu")]
    [InlineData("gpu")]
    public void Silos_read_the_claim_that_models_are_pulled_into(string overlay)
    {
        var objects = Overlay.RenderFolder("models");
        var claim = Assert.Single(objects, one => one.Kind == "PersistentVolumeClaim");
        var pull = Assert.Single(objects, one => one.Kind == "Job");
        Assert.Equal("orrery-standalone", pull.Image);
        Assert.Equal(["models", "pull"], pull.Container["args"]!.AsArray().Select(part => (string)part!).Take(2));
        Assert.Equal(claim.Name, ClaimAt(pull, pull.Environment["MODEL_CACHE_DIR"]!));
        foreach (var silo in Silos(overlay).Where(one => one.Kind == "Deployment"))
        {
            Assert.Equal(claim.Name, ClaimAt(silo, silo.Environment["MODEL_CACHE_DIR"]!));
            Assert.Equal(pull.Environment["MODEL_CACHE_DIR"], silo.Environment["MODEL_CACHE_DIR"]);
            Assert.True((bool)silo.Container["volumeMounts"]!.AsArray().Single(mount => (string)mount!["name"]! == "data")!["readOnly"]!);
        }

        // It fetches from outside, which the policies of those that serve forbid.
        var puller = new Peer(pull.PodLabels, "orrery");
        Assert.True(new Network(Overlay.Render(overlay)).Lets(puller, Peer.Outside, 443));
    }

    private static IEnumerable<Manifest> Silos(string overlay) => Overlay.Servers(overlay).Where(one => one.Image != "orrery-front");

    /// <summary>The claim that a folder of the container lies in; null when it lies in none.</summary>
    private static string? ClaimAt(Manifest one, string folder)
    {
        var mount = one.Container["volumeMounts"]!.AsArray().SingleOrDefault(mount => folder.StartsWith((string)mount!["mountPath"]! + "/", StringComparison.Ordinal));
        return mount is null ? null : (string?)one.PodSpec["volumes"]!.AsArray().Single(volume => (string)volume!["name"]! == (string)mount["name"]!)!["persistentVolumeClaim"]?["claimName"];
    }
}
