using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orrery.Engine;
using Orrery.Grains.Placement;
using Orrery.Grains.Replicas;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains;

/// <summary>A shell over one <see cref="Replica"/> of this silo: translates, and lets the engine batch over all calls.</summary>
[GrainType("model"), Reentrant, KeepAlive, Immovable, DeviceFilter]
public sealed class ModelGrain(ReplicaHost host, ILocalSiloDetails silo, ILogger<ModelGrain> logger) : Grain, IModelGrain
{
    private static readonly TimeSpan _probeTimeout = TimeSpan.FromSeconds(2);

    private string _key = "";
    private Replica? _replica;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = this.GetPrimaryKeyString();
        _replica = host.Find(_key);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_replica is not null)
            await host.StopAsync(_key);
    }

    /// <inheritdoc/>
    public async Task<Answer<ReplicaReport>> StartAsync(StartReplica start)
    {
        if (start.Apart && await host.TryApartAsync(start.Model, host.DrainToken) is { } ended)
        {
            var refused = new InferenceError(InferenceErrorKind.ModelNotReady, ended.Reason, "model");
            if (ended.Quarantined)
                await GrainFactory.GetGrain<IRegistryGrain>(0).EndTrialAsync(start.Model.Digest, silo.SiloAddress, TrialOutcome.Quarantined, ended.Reason);
            Log.ReplicaRefused(logger, start.Model.Name, silo.SiloAddress, ended.Reason);
            DeactivateOnIdle();
            return new Answer<ReplicaReport> { Error = refused };
        }

        if (!(await host.StartAsync(_key, start.Model, host.DrainToken)).TryGet(out var replica, out var error))
        {
            Log.ReplicaRefused(logger, start.Model.Name, silo.SiloAddress, error.Message);
            DeactivateOnIdle();
            return new Answer<ReplicaReport> { Error = error };
        }

        _replica = replica;
        Log.ReplicaReady(logger, start.Model.Name, start.Model.Digest, silo.SiloAddress, replica.WarmUp, replica.Memory);
        return new Answer<ReplicaReport> { Value = replica.Report(silo.SiloAddress), Load = replica.Load };
    }

    /// <inheritdoc/>
    public async Task<Answer<ReplicaReport>> ProbeAsync()
    {
        if (_replica is not { } replica)
            return Gone<ReplicaReport>();
        return await replica.ProbeAsync(_probeTimeout, CancellationToken.None) is { } error
            ? new Answer<ReplicaReport> { Error = error, Load = replica.Load }
            : new Answer<ReplicaReport> { Value = replica.Report(silo.SiloAddress), Load = replica.Load };
    }

    /// <inheritdoc/>
    public async Task StopAsync()
    {
        await host.StopAsync(_key);
        _replica = null;
        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Rows>> EmbedAsync(EmbedCall request, CancellationToken cancellation)
    {
        if (Ready() is not { } replica)
            return Gone<Rows>();
        return Answer(replica, await replica.Backend.EmbedAsync(request.ToRequest(replica.Info.Name), cancellation));
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Rows>> ScoreAsync(ScoreCall request, CancellationToken cancellation)
    {
        if (Ready() is not { } replica)
            return Gone<Rows>();
        return Answer(replica, await replica.Backend.ScoreAsync(request.ToRequest(replica.Info.Name), cancellation));
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<SparseRows>> EmbedSparseAsync(SparseCall request, CancellationToken cancellation)
    {
        if (Ready() is not { } replica)
            return Gone<SparseRows>();
        var outcome = await replica.Backend.EmbedSparseAsync(request.ToRequest(replica.Info.Name), cancellation);
        return outcome.TryGet(out var output, out var error) ? Answer(replica, SparseRows.Of(output)) : Refused<SparseRows>(replica, error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Value<EntityOutput>>> FindEntitiesAsync(EntityCall request, CancellationToken cancellation)
    {
        if (Ready() is not { } replica)
            return Gone<Value<EntityOutput>>();
        var outcome = await replica.Backend.FindEntitiesAsync(request.ToRequest(replica.Info.Name), cancellation);
        return outcome.TryGet(out var output, out var error) ? Answer(replica, new Value<EntityOutput> { It = output }) : Refused<Value<EntityOutput>>(replica, error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Value<CompareOutput>>> CompareAsync(CompareCall request, CancellationToken cancellation)
    {
        if (Ready() is not { } replica)
            return Gone<Value<CompareOutput>>();
        var outcome = await replica.Backend.CompareAsync(request.ToRequest(replica.Info.Name), cancellation);
        return outcome.TryGet(out var output, out var error) ? Answer(replica, new Value<CompareOutput> { It = output }) : Refused<Value<CompareOutput>>(replica, error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Tensors>> InferAsync(InferCall request, CancellationToken cancellation)
    {
        if (Ready() is not { } replica)
            return Gone<Tensors>();
        var outcome = await replica.Backend.InferAsync(request.ToRequest(replica.Info.Name), cancellation);
        return outcome.TryGet(out var output, out var error)
            ? Answer(replica, new Tensors { Version = output.Version, Outputs = Tensor.Of(output.Outputs) })
            : Refused<Tensors>(replica, error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Value<TokenInfo[][]>>> TokenizeAsync(string[] texts, bool addSpecialTokens, CancellationToken cancellation)
    {
        if (Ready() is not { } replica)
            return Gone<Value<TokenInfo[][]>>();
        var outcome = await replica.Backend.TokenizeAsync(replica.Info.Name, texts, addSpecialTokens, cancellation);
        return outcome.TryGet(out var lists, out var error) ? Answer(replica, new Value<TokenInfo[][]> { It = [.. lists] }) : Refused<Value<TokenInfo[][]>>(replica, error);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer<Value<string[]>>> DecodeAsync(int[][] ids, bool skipSpecialTokens, CancellationToken cancellation)
    {
        if (Ready() is not { } replica)
            return Gone<Value<string[]>>();
        var outcome = await replica.Backend.DecodeAsync(replica.Info.Name, ids, skipSpecialTokens, cancellation);
        return outcome.TryGet(out var texts, out var error) ? Answer(replica, new Value<string[]> { It = [.. texts] }) : Refused<Value<string[]>>(replica, error);
    }

    private Replica? Ready()
    {
        if (_replica is { Stopping: false } replica)
            return replica;
        if (_replica is null)
            DeactivateOnIdle();
        return null;
    }

    private static Answer<Rows> Answer(Replica replica, Outcome<TextOutput> outcome)
    {
        if (!outcome.TryGet(out var output, out var error))
            return Refused<Rows>(replica, error);
        using (output)
            return Answer(replica, Rows.Of(output));
    }

    private static Answer<T> Answer<T>(Replica replica, T value)
        where T : class => new() { Value = value, Load = replica.Load };

    /// <summary>What the engine refuses because it is stopping, another replica may answer.</summary>
    private static Answer<T> Refused<T>(Replica replica, InferenceError error)
        where T : class => replica.Stopping && error.Kind == InferenceErrorKind.ModelNotReady ? Gone<T>() : new Answer<T> { Error = error, Load = replica.Load };

    private static Answer<T> Gone<T>()
        where T : class => new() { Gone = true };
}
