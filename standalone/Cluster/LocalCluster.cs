using System.Diagnostics;

namespace Orrery.Standalone.Cluster;

/// <summary>The processes of a cluster on this machine, from start to end. It restarts nobody: what died is to be seen.</summary>
internal sealed class LocalCluster(IReadOnlyList<ProcessPlan> plans, string logs, TimeSpan grace) : IDisposable
{
    // A process ends by itself within its grace; this is for its runtime to go.
    private static readonly TimeSpan _margin = TimeSpan.FromSeconds(3);

    private readonly ProcessProbe _probe = new();
    private readonly Member[] _members = [.. plans.Select(plan => new Member(plan))];

    /// <summary>Whether any process runs.</summary>
    public bool IsRunning => _members.Any(member => member.Child is { HasEnded: false });

    /// <summary>Starts all of them. In which order does not matter: they find each other when each is there.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">A program cannot be started.</exception>
    public void Start()
    {
        foreach (var member in _members)
            member.Child = ChildProcess.Start(member.Plan, logs);
    }

    /// <summary>Asks every process how it is.</summary>
    public async Task<IReadOnlyList<ProcessStatus>> ObserveAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(_members.Select(member => ObserveAsync(member, cancellation)));
        foreach (var front in _members.Where(member => member is { Plan.Kind: ProcessKind.Front, Status.State: ProcessState.Ready }))
        {
            if (await _probe.ReplicasAsync(front.Plan, cancellation) is not { } replicas)
                continue;
            foreach (var silo in _members.Where(member => member.Plan.Kind != ProcessKind.Front && member.Child is { HasEnded: false }))
            {
                var own = replicas.Where(replica => IsAt(replica.Silo, silo.Plan.SiloPort)).CountBy(replica => replica.Replica).OrderBy(pair => pair.Key, StringComparer.Ordinal);
                silo.Status = silo.Status with { Models = string.Join(", ", own.Select(pair => pair.Value == 1 ? pair.Key : $"{pair.Value} × {pair.Key}")) };
            }

            break;
        }

        return Array.ConvertAll(_members, member => member.Status);
    }

    /// <summary>Ends fronts, then silos: each by SIGTERM, and what is left after its grace by SIGKILL.</summary>
    /// <param name="hurry">Ends all at once when cancelled.</param>
    public async Task StopAsync(CancellationToken hurry)
    {
        foreach (var kind in (ProcessKind[])[ProcessKind.Front, ProcessKind.Silo])
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
            var stage = _members.Where(member => member.Plan.Kind == kind && member.Child is { HasEnded: false }).ToList();
            foreach (var member in stage)
            {
                member.Stopping = true;
                member.Child!.Terminate();
            }

            limit.CancelAfter(grace + _margin);
            await Task.WhenAll(stage.Select(member => EndAsync(member.Child!, limit.Token)));
        }
    }

    public void Dispose()
    {
        foreach (var member in _members)
            member.Child?.Dispose();
        _probe.Dispose();
    }

    private static async Task EndAsync(ChildProcess child, CancellationToken limit)
    {
        try
        {
            await child.WaitAsync(limit);
        }
        catch (OperationCanceledException)
        {
            child.Kill();
            await child.WaitAsync(CancellationToken.None);
        }
    }

    /// <summary>Whether a silo's address, <c>127.0.0.1:11111</c> with or without a generation, has a port.</summary>
    private static bool IsAt(string silo, int port) => silo.Split(':', '@') is [_, var at, ..] && at == port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private async Task ObserveAsync(Member member, CancellationToken cancellation)
    {
        if (member.Child is not { } child)
            return;
        if (!child.HasEnded)
        {
            var answer = await _probe.AskAsync(member.Plan, cancellation);
            var now = Stopwatch.GetTimestamp();
            var state = member.Stopping ? ProcessState.Stopping : answer.Ready switch
            {
                true => ProcessState.Ready,
                false => ProcessState.Unready,
                null => member.Answered ? ProcessState.Silent : ProcessState.Starting,
            };
            member.Answered |= answer.Ready is not null;
            member.Status = member.Status with
            {
                State = state,
                Id = child.Id,
                Memory = child.Memory,
                Models = member.Plan.Kind == ProcessKind.Front && answer.Ready is not null ? answer.Models == 1 ? "1 model" : $"{answer.Models} models" : member.Status.Models,
                Rate = member.Rate(answer.Count, now),
            };
        }

        // It may have ended since it was asked.
        if (child.ExitCode is { } code && member.Status.State != ProcessState.Ended)
        {
            // The last of its log.
            await child.WaitAsync(cancellation);
            member.Status = member.Status with { State = ProcessState.Ended, Id = child.Id, ExitCode = code, Memory = 0, Rate = null, Models = "", LastLines = member.Stopping ? null : child.LastLines };
        }
    }

    private sealed class Member(ProcessPlan plan)
    {
        private double? _count;
        private long _at;

        public ProcessPlan Plan { get; } = plan;

        public ChildProcess? Child { get; set; }

        public bool Answered { get; set; }

        public bool Stopping { get; set; }

        public ProcessStatus Status { get; set; } = new(plan, ProcessState.Planned);

        /// <summary>What was counted since the last time, in a second.</summary>
        public double? Rate(double? count, long now)
        {
            var rate = count >= _count ? (count - _count) / Stopwatch.GetElapsedTime(_at, now).TotalSeconds : null;
            (_count, _at) = (count, now);
            return rate;
        }
    }
}
