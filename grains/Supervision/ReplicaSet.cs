using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;
using Orrery.Engine;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Supervision;

/// <summary>
/// The replicas of one model, from their start to their end: adopted from what silos report, probed, started, drained, stopped. Guarded by
/// the supervisor's turn, on which everything here runs.
/// </summary>
internal sealed class ReplicaSet(string model, IGrainFactory grains, IRegistryGrain registry, FleetOptions options, Action changed, TimeProvider time, ILogger logger)
{
    // Fronts and silos have taken over a view by then; what a slower one still sends is answered by "gone" and sent elsewhere.
    private static readonly TimeSpan _viewTravels = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _tryAgain = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _probeTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, ManagedReplica> _replicas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (InferenceError Error, long At)> _refused = new(StringComparer.Ordinal);

    // Their replicas are left alone, for they may come back.
    private readonly HashSet<SiloAddress> _silent = [];
    private readonly HashSet<string> _quarantined = new(StringComparer.Ordinal);
    private readonly HashSet<string> _proven = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    private readonly List<Task> _proofs = [];

    /// <summary>Whether the registry is asked before a version is started for the first time, and told what came of it.</summary>
    public bool Trials { get; set; }

    /// <summary>All, in any phase.</summary>
    public IReadOnlyCollection<ManagedReplica> All => _replicas.Values;

    /// <summary>Why a version was refused lately; null when it was not, or may be tried again.</summary>
    public InferenceError? Refused(string digest) =>
        _refused.TryGetValue(digest, out var refused) && (time.GetElapsedTime(refused.At) < _tryAgain || _quarantined.Contains(digest)) ? refused.Error : null;

    /// <summary>Whether a version was refused because it ends processes.</summary>
    public bool IsQuarantined(string digest) => _quarantined.Contains(digest);

    /// <summary>What was refused may be tried again at once.</summary>
    public void ForgetRefusals()
    {
        _refused.Clear();
        _quarantined.Clear();
    }

    /// <summary>Corrects the list by what silos say: replicas that another activation of the supervisor started, and those whose silo is lost.</summary>
    public void Adopt(SiloReport[] silos)
    {
        var alive = new HashSet<SiloAddress>();
        _silent.Clear();
        foreach (var silo in silos)
        {
            alive.Add(silo.Silo);
            if (silo.Silent)
                _silent.Add(silo.Silo);
            foreach (var view in silo.Replicas)
            {
                if (ReplicaKey.Parse(view.Key).Model != model)
                    continue;
                if (!_replicas.TryGetValue(view.Key, out var replica))
                {
                    _replicas[view.Key] = replica = new ManagedReplica(view.Key, silo.Silo, grains.GetGrain<IModelGrain>(view.Key)) { Adopted = true };
                    _proofs.RemoveAll(proof => proof.IsCompleted);
                    if (!silo.Silent)
                        _proofs.Add(ProbeAsync(replica));
                }

                (replica.Load, replica.AnsweredTokens) = (view.Load, view.AnsweredTokens);
                if (view.AnsweredTokens > 0)
                    _ = ProvenAsync(view.Digest, silo.Silo);
            }
        }

        foreach (var replica in _replicas.Values.Where(replica => !alive.Contains(replica.Silo)).ToList())
            Lost(replica, "its silo is lost");
    }

    /// <summary>Done when those that were adopted and not heard of before have answered, or failed to.</summary>
    public Task ProvedAsync() => Task.WhenAll(_proofs);

    /// <summary>Asks those that answer, or have yet to show whether they do, to prove it, where it is time.</summary>
    public void Probe()
    {
        // A copy: a call may fail at once, and take its replica out of the list.
        foreach (var replica in _replicas.Values.ToList())
        {
            var proves = replica.Phase == ReplicaPhase.Ready || (replica.Phase == ReplicaPhase.Starting && replica.Adopted);
            if (proves && !replica.Probing && !_silent.Contains(replica.Silo) && time.GetElapsedTime(replica.ProbedAt) >= options.ProbeEvery)
                _ = ProbeAsync(replica);
        }
    }

    /// <summary>Starts one.</summary>
    public void Start(FoundModel version, string pool, SiloAddress silo)
    {
        var key = new ReplicaKey(model, version.Digest, pool, Guid.NewGuid().ToString("N")[..8]).ToString();
        var replica = new ManagedReplica(key, silo, grains.GetGrain<IModelGrain>(key));
        _replicas[key] = replica;
        _ = StartAsync(replica, version);
    }

    /// <summary>Takes one out of the view that fronts route by.</summary>
    public void Drain(ManagedReplica replica)
    {
        if (replica.Phase != ReplicaPhase.Draining)
            (replica.Phase, replica.DrainingSince) = (ReplicaPhase.Draining, time.GetTimestamp());
    }

    /// <summary>Stops those that fronts have stopped asking.</summary>
    public void StopDrained()
    {
        // A copy: a call may fail at once, and take its replica out of the list.
        foreach (var replica in _replicas.Values.ToList())
        {
            if (replica is { Phase: ReplicaPhase.Draining, Stopping: false } && !_silent.Contains(replica.Silo) && time.GetElapsedTime(replica.DrainingSince) >= _viewTravels)
                _ = StopAsync(replica);
        }
    }

    private async Task StartAsync(ManagedReplica replica, FoundModel version)
    {
        Answer<ReplicaReport> answer;
        try
        {
            // What has answered here needs nobody's leave, least of all while the registry is lost.
            var trial = !Trials || _proven.Contains(version.Digest) ? default : await registry.BeginTrialAsync(model, version.Digest, replica.Silo);
            if (trial.Order is TrialOrder.Wait or TrialOrder.Refuse)
            {
                _replicas.Remove(replica.Key);
                if (trial.Order == TrialOrder.Refuse)
                    Quarantine(version, trial.Reason ?? "it is quarantined");
                return;
            }

            RequestContext.Set(IPlacementDirector.PlacementHintKey, replica.Silo);
            answer = await replica.Grain.StartAsync(new StartReplica(version, trial.Order == TrialOrder.TryApart));
        }
        catch (Exception e)
        {
            Lost(replica, e.Message);
            return;
        }

        if (answer.Value is not { } report || !report.Silo.Equals(replica.Silo))
        {
            _replicas.Remove(replica.Key);
            if (answer.Error is { } error)
                _refused[version.Digest] = (error, time.GetTimestamp());
            await EndTrialAsync(version.Digest, replica.Silo, TrialOutcome.Failed);
            return;
        }

        _quarantined.Remove(version.Digest);
        (replica.Report, replica.Load, replica.Phase, replica.ProbedAt) = (report, answer.Load, ReplicaPhase.Ready, time.GetTimestamp());
        changed();
        // Told afterwards: a registry that is slow to hear it keeps no replica waiting. Of raw tensors none could be made up: such a graph is proven by the first that are asked.
        if (report.Info.Task == ModelTask.Tensor)
            await EndTrialAsync(version.Digest, replica.Silo, TrialOutcome.Loaded);
        else
            await ProvenAsync(version.Digest, replica.Silo);
    }

    private void Quarantine(FoundModel version, string reason)
    {
        _refused[version.Digest] = (new InferenceError(InferenceErrorKind.ModelNotReady, reason, "model"), time.GetTimestamp());
        _quarantined.Add(version.Digest);
    }

    private async Task ProvenAsync(string digest, SiloAddress silo)
    {
        _proven.Add(digest);
        _quarantined.Remove(digest);
        if (_told.Add(digest) && !await EndTrialAsync(digest, silo, TrialOutcome.Proven))
            _told.Remove(digest);
    }

    /// <returns>Whether the registry has heard it.</returns>
    private async Task<bool> EndTrialAsync(string digest, SiloAddress silo, TrialOutcome outcome)
    {
        if (!Trials)
            return false;
        try
        {
            await registry.EndTrialAsync(digest, silo, outcome, null);
            return true;
        }
        catch (Exception e)
        {
            // It may be on its way to another silo, and hears of it with the next report.
            Log.RegistrySilent(logger, e.Message);
            return false;
        }
    }

    private async Task ProbeAsync(ManagedReplica replica)
    {
        (replica.Probing, replica.ProbedAt) = (true, time.GetTimestamp());
        string reason;
        try
        {
            var answer = await replica.Grain.ProbeAsync().WaitAsync(_probeTimeout, time);
            if (answer.Value is { } report)
            {
                (replica.Report, replica.FailedProbes) = (report, 0);
                if (replica.Phase == ReplicaPhase.Starting)
                    replica.Phase = ReplicaPhase.Ready;
                return;
            }

            if (answer.Gone)
            {
                _replicas.Remove(replica.Key);
                return;
            }

            reason = answer.Error!.Message;
        }
        catch (Exception e)
        {
            // Whatever it was, the replica did not prove that it answers.
            reason = e.Message;
        }
        finally
        {
            replica.Probing = false;
        }

        // Its silo is silent by now: that tells nothing of the replica, which may answer when it wakes.
        if (_silent.Contains(replica.Silo))
            return;
        if (++replica.FailedProbes < options.FailedProbes || replica.Phase == ReplicaPhase.Draining)
            return;
        Log.ReplicaLost(logger, replica.Key, replica.Silo, reason);
        Drain(replica);
    }

    private async Task StopAsync(ManagedReplica replica)
    {
        replica.Stopping = true;
        try
        {
            await replica.Grain.StopAsync();
            _replicas.Remove(replica.Key);
        }
        catch (Exception e)
        {
            Lost(replica, e.Message);
        }
    }

    private void Lost(ManagedReplica replica, string reason)
    {
        Log.ReplicaLost(logger, replica.Key, replica.Silo, reason);
        _replicas.Remove(replica.Key);
    }
}
