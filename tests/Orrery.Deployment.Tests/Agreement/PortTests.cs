using System.Text.Json.Nodes;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class PortTests
{
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Containers_open_the_ports_that_the_program_listens_on(string overlay)
    {
        Assert.NotEmpty(Overlay.Servers(overlay));
        foreach (var server in Overlay.Servers(overlay))
        {
            Assert.Equal(Expected.PortsOf(server.Image), server.Ports);
            foreach (var (variable, port) in Expected.PortVariables.Where(pair => server.Ports.ContainsKey(pair.Value)))
                Assert.Equal(server.Ports[port].ToString(System.Globalization.CultureInfo.InvariantCulture), server.Environment.GetValueOrDefault(variable));
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Probes_ask_what_the_program_answers(string overlay)
    {
        foreach (var server in Overlay.Servers(overlay))
        {
            Assert.Equal((Expected.Live, "http"), Probe(server, "startupProbe"));
            Assert.Equal((Expected.Live, "http"), Probe(server, "livenessProbe"));
            Assert.Equal((Expected.Ready, "http"), Probe(server, "readinessProbe"));
            Assert.Equal("0.0.0.0", server.Environment.GetValueOrDefault("ORRERY__Server__Host"));
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Services_lead_to_ports_that_every_pod_behind_them_has(string overlay)
    {
        var objects = Overlay.Render(overlay);
        foreach (var service in objects.Where(one => one.Kind == "Service"))
        {
            var selector = new JsonObject { ["matchLabels"] = service.Spec["selector"]!.DeepClone() };
            var behind = objects.Where(one => one.HasPods && Manifest.Selects(selector, one.PodLabels)).ToList();
            Assert.NotEmpty(behind);
            foreach (var port in service.Spec["ports"]!.AsArray())
                Assert.All(behind, one => Assert.Contains((string)port!["targetPort"]!, one.Ports.Keys));
            // Without an address of its own a Service does not translate ports.
            if ((string?)service.Spec["clusterIP"] == "None")
                Assert.All(service.Spec["ports"]!.AsArray(), port => Assert.All(behind, one => Assert.Equal((int)port!["port"]!, one.Ports[(string)port["targetPort"]!])));
        }
    }

    private static (string, string) Probe(Manifest server, string probe)
    {
        var get = server.Container[probe]!["httpGet"]!;
        return ((string)get["path"]!, (string)get["port"]!);
    }
}
