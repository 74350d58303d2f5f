using Orrery.Engine;
using Orrery.Fleet.Routing;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Registry;

/// <summary>The silos that live, with what they said last. Not safe for threads: the registry's turn guards it.</summary>
/// <param name="silence">How long a silo may say nothing before it counts as silent; some times as long as it is between two reports.</param>
internal sealed class SiloTable(TimeSpan silence)
{
    private readonly Dictionary<SiloAddress, SiloReport> _silos = [];
    private readonly Dictionary<SiloAddress, SilenceDetector> _detectors = [];

    public IReadOnlyCollection<SiloReport> Silos => _silos.Values;

    /// <summary>Whether a silo is among them.</summary>
    public bool Has(SiloAddress silo) => _silos.ContainsKey(silo);

    /// <summary>Takes over a report.</summary>
    /// <param name="report">What a silo says.</param>
    /// <param name="now">Milliseconds of a clock that never goes back.</param>
    /// <returns>Whether its models are known, and whether anything but loads changed.</returns>
    public (bool Known, bool Changed) Report(SiloReport report, long now)
    {
        if (!_detectors.TryGetValue(report.Silo, out var detector))
            _detectors[report.Silo] = detector = new SilenceDetector((long)silence.TotalMilliseconds, (long)silence.TotalMilliseconds);
        // The next report is expected from here on.
        detector.Answered(now);
        detector.Asked(now);
        var old = _silos.GetValueOrDefault(report.Silo);
        if (report.Models is null && old?.Models is null)
            return (false, false);
        var merged = report with { Models = report.Models ?? old!.Models, Detectors = report.Detectors ?? old!.Detectors };
        _silos[report.Silo] = merged;
        var changed = old is null || old.Silent || report.Models is not null || old.Draining != merged.Draining || old.Memory != merged.Memory || !SameReplicas(old.Replicas, merged.Replicas);
        return (true, changed);
    }

    /// <summary>Whether no other silo answers and stays.</summary>
    public bool IsAlone(SiloAddress silo)
    {
        foreach (var other in _silos.Values)
        {
            if (!other.Silo.Equals(silo) && other is { Draining: false, Silent: false })
                return false;
        }

        return true;
    }

    /// <summary>Forgets the silos that do not live.</summary>
    /// <returns>Whether there were any.</returns>
    public bool Keep(Func<SiloAddress, bool> lives)
    {
        var dead = _silos.Keys.Where(silo => !lives(silo)).ToList();
        foreach (var silo in dead)
            _silos.Remove(silo);
        foreach (var silo in _detectors.Keys.Where(silo => !_silos.ContainsKey(silo)).ToList())
            _detectors.Remove(silo);
        return dead.Count > 0;
    }

    /// <summary>Looks which silos have become silent. To be called about every <paramref name="period"/> milliseconds.</summary>
    /// <returns>Whether any has.</returns>
    public bool Listen(long now, long period)
    {
        var any = false;
        foreach (var (silo, detector) in _detectors)
        {
            if (!detector.Look(now, period) || !_silos.TryGetValue(silo, out var report) || report.Silent)
                continue;
            _silos[silo] = report with { Silent = true };
            any = true;
        }

        return any;
    }

    /// <summary>Every version of every model, those that can be read first, then as the silos list them: the highest first.</summary>
    public Dictionary<string, List<FoundModel>> Versions()
    {
        var versions = new Dictionary<string, List<FoundModel>>(StringComparer.Ordinal);
        foreach (var silo in _silos.Values.OrderBy(silo => silo.Silo))
        {
            foreach (var model in silo.Models!)
            {
                if (!versions.TryGetValue(model.Name, out var list))
                    versions[model.Name] = list = [];
                if (!list.Exists(one => one.Digest == model.Digest))
                    list.Add(model);
            }
        }

        foreach (var list in versions.Values)
        {
            if (list.Exists(one => one.Reason is null))
                list.RemoveAll(one => one.Reason is not null);
        }

        return versions;
    }

    /// <summary>The silos that have a version's files, by digest.</summary>
    public Dictionary<string, SiloAddress[]> Holders(string model)
    {
        var holders = new Dictionary<string, List<SiloAddress>>(StringComparer.Ordinal);
        foreach (var silo in _silos.Values)
        {
            foreach (var found in silo.Models!)
            {
                if (found.Name != model || found.Reason is not null)
                    continue;
                if (!holders.TryGetValue(found.Digest, out var list))
                    holders[found.Digest] = list = [];
                list.Add(silo.Silo);
            }
        }

        return holders.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray());
    }

    /// <summary>Every detector that a silo has, by name.</summary>
    public IEnumerable<DetectorInfo> Detectors() =>
        _silos.Values.OrderBy(silo => silo.Silo).SelectMany(silo => silo.Detectors!).DistinctBy(detector => detector.Name).OrderBy(detector => detector.Name, StringComparer.Ordinal);

    private static bool SameReplicas(ReplicaView[] a, ReplicaView[] b)
    {
        if (a.Length != b.Length)
            return false;
        for (var i = 0; i < a.Length; i++)
        {
            if (a[i].Key != b[i].Key || a[i].Phase != b[i].Phase)
                return false;
        }

        return true;
    }
}
