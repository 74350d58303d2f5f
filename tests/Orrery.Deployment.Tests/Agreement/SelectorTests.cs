using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

public class SelectorTests
{
    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void A_workload_owns_its_pods_and_no_others(string overlay)
    {
        var workloads = Overlay.Render(overlay).Where(one => one.HasPods).ToList();
        foreach (var workload in workloads.Where(one => one.Kind != "Job"))
            Assert.Equal([workload], workloads.Where(other => Manifest.Selects(workload.Spec["selector"], other.PodLabels)));
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Every_server_has_a_disruption_budget_of_its_own_that_still_lets_a_node_be_drained(string overlay)
    {
        var budgets = Overlay.Render(overlay).Where(one => one.Kind == "PodDisruptionBudget").ToList();
        foreach (var server in Overlay.Servers(overlay))
        {
            var budget = Assert.Single(budgets, one => Manifest.Selects(one.Spec["selector"], server.PodLabels));
            var replicas = (int?)server.Spec["replicas"] ?? Scaling.LeastOf(overlay, server);
            Assert.True(replicas > 0);
            // A number that leaves none to evict would hold up every drain for ever.
            Assert.True((int?)budget.Spec["maxUnavailable"] is >= 1 || (int?)budget.Spec["minAvailable"] < replicas, $"{budget} lets nothing go");
            // And one that lets all go at once would be none.
            Assert.True(replicas == 1 || ((int?)budget.Spec["maxUnavailable"] ?? replicas - (int?)budget.Spec["minAvailable"]) < replicas, $"{budget} lets all go");
        }

        Assert.Equal(Overlay.Servers(overlay).Count(), budgets.Count);
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Servers_are_spread_over_zones_and_nodes_each_among_its_own(string overlay)
    {
        foreach (var server in Overlay.Servers(overlay))
        {
            var constraints = server.PodSpec["topologySpreadConstraints"]!.AsArray();
            Assert.Equal(["topology.kubernetes.io/zone", "kubernetes.io/hostname"], constraints.Select(one => (string)one!["topologyKey"]!));
            foreach (var constraint in constraints)
            {
                Assert.True(Manifest.Selects(constraint!["labelSelector"], server.PodLabels));
                Assert.DoesNotContain(Overlay.Servers(overlay), other => other.Name != server.Name && Manifest.Selects(constraint["labelSelector"], other.PodLabels));
            }
        }
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Everything_is_in_the_namespace_and_runs_as_an_account_that_exists(string overlay)
    {
        var objects = Overlay.Render(overlay);
        var space = Assert.Single(objects, one => one.Kind == "Namespace").Name;
        foreach (var one in objects.Where(one => one.Kind != "Namespace"))
            Assert.True((string?)one.Json["metadata"]!["namespace"] == space, $"{one} is in no namespace of ours");
        var accounts = objects.Where(one => one.Kind == "ServiceAccount").Select(one => one.Name).ToHashSet();
        Assert.All(Overlay.Ours(overlay), one => Assert.Contains((string)one.PodSpec["serviceAccountName"]!, accounts));
    }
}
