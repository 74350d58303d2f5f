using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Registry;

/// <summary>
/// Keeps a version that ends processes from ending all silos, one after the other. What is not proven is loaded by one silo at a time, which is noted
/// before; where that silo ends, the version is tried in a process of its own; where that ends too, it is quarantined. A silo that an operator
/// ended is no fault of the version: the process of its own tells. Guarded by the registry's turn.
/// </summary>
/// <param name="known">By digest; the registry's durable state.</param>
/// <param name="time">Measures.</param>
internal sealed class Trials(Dictionary<string, Trial> known, TimeProvider time)
{
    // A supervisor that was lost says nothing of how a load ended on a silo that lives.
    private static readonly TimeSpan _longestLoad = TimeSpan.FromMinutes(5);

    // Versions come and go; those that are proven and that nobody has need not be remembered.
    private const int MostRemembered = 4096;

    private readonly Dictionary<string, long> _began = new(StringComparer.Ordinal);

    /// <summary>A supervisor wants to start a version.</summary>
    /// <param name="model">The model.</param>
    /// <param name="digest">The version.</param>
    /// <param name="silo">Where.</param>
    /// <param name="changed">Whether that is to be written before the supervisor hears it.</param>
    public TrialAnswer Begin(string model, string digest, SiloAddress silo, out bool changed)
    {
        changed = false;
        var trial = known.GetValueOrDefault(digest) ?? new Trial(model, TrialPhase.Suspect, []);
        switch (trial.Phase)
        {
            case TrialPhase.Proven:
                return new(TrialOrder.Load);
            case TrialPhase.Quarantined:
                return new(TrialOrder.Refuse, trial.Reason);
            case TrialPhase.Loading when trial.Silos.Length > 0 && !trial.Silos.Contains(silo):
                // Begun with another registry it counts from now: that one may have been on the silo that the version has just ended.
                if (!_began.TryGetValue(digest, out var began))
                    _began[digest] = began = time.GetTimestamp();
                if (time.GetElapsedTime(began) < _longestLoad)
                    return new(TrialOrder.Wait);
                break;
        }

        known[digest] = trial with { Phase = TrialPhase.Loading, Silos = [.. trial.Silos.Where(one => !one.Equals(silo)), silo] };
        _began[digest] = time.GetTimestamp();
        changed = true;
        return new(trial.Apart ? TrialOrder.TryApart : TrialOrder.Load);
    }

    /// <summary>A supervisor says what came of it.</summary>
    /// <param name="digest">The version.</param>
    /// <param name="silo">Where.</param>
    /// <param name="outcome">What.</param>
    /// <param name="reason">Why it is quarantined.</param>
    /// <returns>Whether anything is to be written.</returns>
    public bool End(string digest, SiloAddress silo, TrialOutcome outcome, string? reason)
    {
        if (!known.TryGetValue(digest, out var trial) || trial.Phase is TrialPhase.Proven or TrialPhase.Quarantined)
            return false;
        _began.Remove(digest);
        var others = trial.Silos.Where(one => !one.Equals(silo)).ToArray();
        known[digest] = outcome switch
        {
            TrialOutcome.Proven => trial with { Phase = TrialPhase.Proven, Silos = [], Reason = null, Apart = false },
            TrialOutcome.Quarantined => trial with { Phase = TrialPhase.Quarantined, Silos = [], Reason = reason },
            TrialOutcome.Loaded => trial with { Phase = TrialPhase.Loaded },
            _ when others.Length > 0 => trial with { Silos = others },
            _ => trial with { Phase = TrialPhase.Suspect, Silos = [] },
        };
        return known[digest] != trial;
    }

    /// <summary>Looks whether silos have ended that had a version for the first time.</summary>
    /// <param name="lives">Whether a silo lives.</param>
    /// <returns>The versions that are suspect for it.</returns>
    public List<Trial> Look(Func<SiloAddress, bool> lives)
    {
        var suspects = new List<Trial>();
        foreach (var (digest, trial) in known.Where(pair => pair.Value.Silos.Length > 0).ToList())
        {
            if (Array.TrueForAll(trial.Silos, silo => lives(silo)))
                continue;
            var lost = Array.Find(trial.Silos, silo => !lives(silo))!;
            var left = Array.FindAll(trial.Silos, silo => lives(silo));
            var suspect = trial with
            {
                Phase = left.Length > 0 ? trial.Phase : TrialPhase.Suspect,
                Silos = left,
                Apart = true,
                Reason = $"silo {lost.Endpoint} ended while it had version {digest[..Math.Min(12, digest.Length)]} for the first time",
            };
            known[digest] = suspect;
            _began.Remove(digest);
            suspects.Add(suspect);
        }

        return suspects;
    }

    /// <summary>Lets a quarantined version be tried once more, in a process of its own.</summary>
    /// <returns>Whether it was quarantined.</returns>
    public bool Free(string digest)
    {
        if (known.GetValueOrDefault(digest) is not { Phase: TrialPhase.Quarantined } trial)
            return false;
        known[digest] = trial with { Phase = TrialPhase.Suspect, Apart = true };
        return true;
    }

    /// <summary>Forgets versions that nobody has, where there are very many.</summary>
    public void Forget(Func<string, bool> isThere)
    {
        if (known.Count <= MostRemembered)
            return;
        foreach (var digest in known.Where(pair => pair.Value.Phase == TrialPhase.Proven && !isThere(pair.Key)).Select(pair => pair.Key).ToList())
            known.Remove(digest);
    }
}
