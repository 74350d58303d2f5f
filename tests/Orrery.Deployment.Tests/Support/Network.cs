using System.Text.Json.Nodes;

namespace Orrery.Deployment.Tests.Support;

/// <summary>One end of a connection.</summary>
/// <param name="Labels">The pod's; null for an address outside the cluster.</param>
/// <param name="Namespace">The pod's.</param>
internal sealed record Peer(IReadOnlyDictionary<string, string>? Labels, string Namespace)
{
    public static Peer Outside { get; } = new(null, "");

    public static Peer In(string space) => new(new Dictionary<string, string>(), space);
}

/// <summary>
/// What NetworkPolicies let through, by the rules of Kubernetes' documentation: a pod that no policy of a direction selects is open in
/// it; one that some select takes what any of them names.
/// </summary>
internal sealed class Network(IReadOnlyList<Manifest> objects)
{
    private const string Home = "orrery";

    public bool Lets(Peer from, Peer to, int port, string protocol = "TCP") =>
        Lets("Egress", "egress", "to", from, to, port, protocol) && Lets("Ingress", "ingress", "from", to, from, port, protocol);

    private bool Lets(string direction, string rules, string peers, Peer subject, Peer other, int port, string protocol)
    {
        if (subject.Labels is not { } labels || subject.Namespace != Home)
            return true;
        var policies = objects.Where(one => one.Kind == "NetworkPolicy" && one.Spec["policyTypes"]!.AsArray().Any(type => (string)type! == direction)
            && Manifest.Selects(one.Spec["podSelector"], labels)).ToList();
        return policies.Count == 0 || policies.SelectMany(policy => policy.Spec[rules]?.AsArray() ?? [])
            .Any(rule => Matches(rule!["ports"], port, protocol) && Matches(rule[peers], other));
    }

    private static bool Matches(JsonNode? ports, int port, string protocol) =>
        ports is null || ports.AsArray().Any(one => (int)one!["port"]! == port && ((string?)one["protocol"] ?? "TCP") == protocol);

    private static bool Matches(JsonNode? peers, Peer other)
    {
        if (peers is null)
            return true;
        foreach (var peer in peers.AsArray())
        {
            if (other.Labels is not { } labels)
                continue;
            var space = new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = other.Namespace };
            var inSpace = peer!["namespaceSelector"] is { } selector ? Manifest.Selects(selector, space) : other.Namespace == Home;
            if (inSpace && (peer["podSelector"] is not { } pods || Manifest.Selects(pods, labels)))
                return true;
        }

        return false;
    }
}
