using Orleans.Configuration;

namespace Orrery.Grains.Membership;

/// <summary>How soon a lost silo is noticed, and how soon after that its grains may live elsewhere.</summary>
public static class LossDetection
{
    private const int MissedProbes = 2;

    // Of one that answers quickly half of this is waited for; Orleans follows what it measures.
    private static readonly TimeSpan _probe = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestProbe = TimeSpan.FromSeconds(1.5);

    // What was decided in the lease's last moment is still on its way.
    private static readonly TimeSpan _margin = TimeSpan.FromMilliseconds(500);

    /// <summary>Sets the times of membership.</summary>
    public static void Configure(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = _probe;
        // Twice this is also how long after its last message nobody may call a silo lost whose connection stands.
        options.MaxProbeTimeout = _longestProbe;
        options.NumMissedProbesLimit = MissedProbes;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        // Three of these later, silos that were all lost at once no longer keep new ones from joining.
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    /// <summary>
    /// Sets how long after a silo's death none of the grains that it had, nor any whose registration it kept, comes to life elsewhere. Orleans
    /// counts from when the silo stopped answering, which it takes to be the longest detection (<c>MaxProbeTimeout</c> times
    /// <c>NumMissedProbesLimit</c>) before it was declared dead: what is more than that is waited after the declaration. Orleans' own 30 s would leave
    /// a cluster without its registry for most of that. The wait has to be longer than a silo that is wrongly taken for dead goes on
    /// deciding, and a silo of ours stops that <see cref="MembershipLease.Duration"/> after it last asked whether it is a member.
    /// </summary>
    public static void Configure(GrainDirectoryOptions options) => options.RangeLeaseDuration = (_longestProbe * MissedProbes) + MembershipLease.Duration + _margin;
}
