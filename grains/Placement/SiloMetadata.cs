using Orleans.Runtime.MembershipService.SiloMetadata;

namespace Orrery.Grains.Placement;

/// <summary>What silos tell of themselves, as placement asks for it.</summary>
internal static class SiloMetadata
{
    /// <summary>The silos that say a value under a key.</summary>
    public static IEnumerable<SiloAddress> Saying(this ISiloMetadataCache metadata, string key, string value, IEnumerable<SiloAddress> silos)
    {
        foreach (var silo in silos)
        {
            if (metadata.GetSiloMetadata(silo).Metadata.TryGetValue(key, out var own) && own == value)
                yield return silo;
        }
    }
}
