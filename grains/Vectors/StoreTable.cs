using Orleans.Runtime.MembershipService.SiloMetadata;
using Orrery.Grains.Placement;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Vectors;

/// <summary>The stores that silos have announced to this directory. Not safe for threads: the directory's turns guard it.</summary>
internal sealed class StoreTable(ISiloStatusOracle membership, ISiloMetadataCache metadata)
{
    private readonly Dictionary<string, StoreReport> _reports = new(StringComparer.Ordinal);

    /// <summary>Takes over a report. Of two silos with one store, a folder that was copied, the first keeps it while it lives.</summary>
    public void Report(StoreReport report)
    {
        if (Where(report.Store) is not { } silo || silo.Equals(report.Silo))
            _reports[report.Store] = report;
    }

    /// <summary>The silo of a store; null while it is away.</summary>
    public SiloAddress? Where(string store) =>
        _reports.TryGetValue(store, out var report) && membership.GetApproximateSiloStatus(report.Silo) is SiloStatus.Active or SiloStatus.ShuttingDown ? report.Silo : null;

    /// <summary>Whether every silo that has a store has announced it.</summary>
    /// <param name="known">The stores whose contents are known too.</param>
    public bool HaveAll(HashSet<string> known)
    {
        foreach (var silo in membership.GetApproximateSiloStatuses(onlyActive: true).Keys)
        {
            var labels = metadata.GetSiloMetadata(silo).Metadata;
            // Every silo has labels; none means that they have not come yet.
            if (labels.IsEmpty || (labels.TryGetValue(NearStoreDirector.Store, out var store) && store.Length > 0 && !(known.Contains(store) && _reports.ContainsKey(store))))
                return false;
        }

        return true;
    }

    /// <summary>Stores for the shards of a new namespace: each time the one with fewest shards, of those whose silos stay.</summary>
    /// <returns>None when no store is here.</returns>
    public string[] Choose(int shards, DirectoryState state)
    {
        var loads = _reports.Values.Where(report => !report.Draining && Where(report.Store) is not null).ToDictionary(report => report.Store, _ => 0, StringComparer.Ordinal);
        if (loads.Count == 0)
            return [];
        foreach (var index in state.Indexes.Values)
        {
            foreach (var space in index.Namespaces.Values)
            {
                foreach (var store in space.Stores)
                {
                    if (store is not null && loads.TryGetValue(store, out var load))
                        loads[store] = load + 1;
                }
            }
        }

        var chosen = new string[shards];
        for (var i = 0; i < shards; i++)
        {
            chosen[i] = loads.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).First().Key;
            loads[chosen[i]]++;
        }

        return chosen;
    }
}
