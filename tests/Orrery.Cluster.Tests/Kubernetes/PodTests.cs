using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Hosting.Kubernetes;
using Orrery.Cluster.Tests.Support;
using Orrery.Silo.Kubernetes;

namespace Orrery.Cluster.Tests.Kubernetes;

/// <summary>Real silos, told that they are pods, before a stand-in for Kubernetes' API server.</summary>
[Collection(ProcessFixture.Collection)]
public sealed class PodTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-pods-").FullName;
    private readonly Models _models = new Models().With("model");

    public void Dispose()
    {
        _models.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_silo_whose_pod_is_gone_leaves_and_one_that_is_no_pod_stays()
    {
        await using var kubernetes = await ApiServer.StartAsync();
        await using var cluster = ProcessCluster.InFile(_folder, _models);
        // Beside the pods, and before them: whoever joins looks for members without one.
        var beside = cluster.AddSilo();
        await cluster.GrowAsync(silos: 1, fronts: 1);
        var pods = new Dictionary<string, ClusterProcess>();
        foreach (var name in (string[])["orrery-silo-a", "orrery-silo-b", "orrery-silo-c"])
        {
            kubernetes.Add(name);
            pods[name] = cluster.AddSilo(Pod(kubernetes, name));
            await cluster.GrowAsync(silos: cluster.Silos.Count, fronts: 1);
        }

        await beside.UntilAsync(() => Task.FromResult(kubernetes.Watches > 0), "watched");

        // Nothing ails this one, so that nobody but Kubernetes can have said it.
        var gone = pods["orrery-silo-c"];
        cluster.Silos.Remove(gone);
        kubernetes.Delete("orrery-silo-c");
        await gone.UntilEndedOrAsync(() => Task.FromResult(false), "told that it is dead");
        Assert.NotEqual(0, await gone.EndAsync());
        Assert.Contains("I have been told I am dead", gone.Output, StringComparison.Ordinal);
        var seen = await cluster.UntilAsync(status => status.Silos.Length == 3 && status.Silos.All(silo => silo.Silo != gone.Endpoint), "the others alone");
        Assert.Contains(seen.Silos, silo => silo.Silo == beside.Endpoint);
        Assert.All(cluster.Silos, silo => Assert.False(silo.HasEnded, silo.Output));
        gone.Dispose();
    }

    [Fact]
    public async Task A_silo_says_what_Kubernetes_does_not_let_it_do()
    {
        await using var kubernetes = await ApiServer.StartAsync();
        kubernetes.Add("orrery-silo-a", cluster: "another");
        await RefusesAsync("orrery-silo-a", "pod orrery-silo-a must have the label orleans/clusterId: orrery");
        await RefusesAsync("orrery-silo-b", "there is no pod orrery-silo-b in namespace orrery");
        kubernetes.Add("orrery-silo-c");
        kubernetes.RefusesWatch = true;
        await RefusesAsync("orrery-silo-c", "its service account needs get, list and watch of pods");
        kubernetes.Refusal = HttpStatusCode.Forbidden;
        await RefusesAsync("orrery-silo-a", "does not let this silo look at pods of namespace orrery (403)");
        kubernetes.Refusal = HttpStatusCode.ServiceUnavailable;
        await RefusesAsync("orrery-silo-a", "does not answer");

        async Task RefusesAsync(string pod, string reason)
        {
            using var silo = ClusterProcess.Silo([("CLUSTER_DIR", _folder), ("ORRERY__Server__ShutdownTimeout", "00:00:01"), .. Pod(kubernetes, pod)]);
            Assert.Equal(2, await silo.EndAsync());
            Assert.Contains(reason, silo.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("orrery-silo-cpu-7d9c5-x2v8k", true)]
    [InlineData("orrery-vectors-0", true)]
    [InlineData("Silo_5f2a1", false)]
    [InlineData("", false)]
    public void Only_a_name_that_a_pod_could_have_is_taken_for_one(string name, bool could) => Assert.Equal(could, PodMembership.IsPodName(name));

    [Fact]
    public void A_dead_member_does_not_hide_the_living_one_of_its_name()
    {
        var members = new[] { SiloStatus.Dead, SiloStatus.Active, SiloStatus.Dead }.Select((status, i) => new ClusterMember(SiloAddress.New(IPAddress.Loopback, 1, i), status, "orrery-vectors-0"));
        var all = new ClusterMembershipSnapshot(members.ToImmutableDictionary(member => member.SiloAddress), new MembershipVersion(7));
        var pods = new PodMembership(Scripted.Create<IClusterMembershipService>((_, _) => all), Scripted.Create<ILocalSiloDetails>((_, _) => null), Options.Create(new KubernetesHostingOptions()));
        Assert.Equal(SiloStatus.Active, Assert.Single(pods.CurrentSnapshot.Members).Value.Status);
        Assert.Equal(all.Version, pods.CurrentSnapshot.Version);
    }

    private static (string, string)[] Pod(ApiServer kubernetes, string name) =>
        [("KUBECONFIG", kubernetes.Kubeconfig), ("POD_NAME", name), ("POD_NAMESPACE", ApiServer.Namespace)];
}
