using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Orleans.Hosting.Kubernetes;

namespace Orrery.Silo.Kubernetes;

/// <summary>
/// The cluster's members as Orleans' Kubernetes agent is to see them. It kills every member whose name is no pod's: here only those whose name could
/// be one, so that silos beside the pods, and those of a version before, which had other names, live on. And it stops watching pods at
/// every second update of the members (10.4.2, <c>KubernetesClusterAgent.MonitorOrleansClustering</c>): here it hears only of those by which its
/// own part changes.
/// </summary>
internal sealed class PodMembership(IClusterMembershipService all, ILocalSiloDetails local, IOptions<KubernetesHostingOptions> options) : IClusterMembershipService
{
    /// <inheritdoc/>
    public ClusterMembershipSnapshot CurrentSnapshot
    {
        get
        {
            // A pod that was restarted has its name again: the agent, which looks by name, would find the dead member and take the living one for none.
            var snapshot = all.CurrentSnapshot;
            return new(snapshot.Members.Where(member => member.Value.Status != SiloStatus.Dead).ToImmutableDictionary(), snapshot.Version);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => ChangesOfPartAsync(CancellationToken.None);

    /// <inheritdoc/>
    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => all.Refresh(minimumVersion, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryKill(SiloAddress siloAddress) =>
        all.CurrentSnapshot.Members.TryGetValue(siloAddress, out var member) && IsPodName(member.Name) ? all.TryKill(siloAddress) : Task.FromResult(false);

    /// <summary>Whether a name could be a pod's (RFC 1123's of a subdomain). Orleans' own default, <c>Silo_12ab3</c>, could not.</summary>
    internal static bool IsPodName(string name) =>
        name.Length is > 0 and <= 253 && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.');

    private async IAsyncEnumerable<ClusterMembershipSnapshot> ChangesOfPartAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var watches = false;
        await foreach (var update in all.MembershipUpdates.WithCancellation(cancellation))
        {
            // The agent's own choice of who watches.
            var chosen = update.Members.Values.Where(member => member.Status == SiloStatus.Active).OrderBy(member => member.SiloAddress)
                .Take(options.Value.MaxAgents).Any(member => member.SiloAddress.Equals(local.SiloAddress));
            if (chosen == watches)
                continue;
            watches = chosen;
            yield return update;
        }
    }
}
