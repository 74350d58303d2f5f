using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Models;

/// <summary>
/// The models by name. Readers see an immutable snapshot and take no lock; loading and unloading replace it whole.
/// </summary>
internal sealed class ModelCatalogue(ModelLoader loader, string? defaultModel, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Snapshot _snapshot = new(ImmutableDictionary<string, Slot>.Empty);

    public IReadOnlyList<ModelInfo> Models => Volatile.Read(ref _snapshot).Models;

    /// <summary>Those that answer now.</summary>
    public IEnumerable<LoadedModel> Loaded()
    {
        foreach (var slot in Volatile.Read(ref _snapshot).Slots.Values)
        {
            if (slot.Loaded is { } loaded)
                yield return loaded;
        }
    }

    /// <summary>Makes a model known that will be loaded.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="directory">Where it lies.</param>
    /// <param name="preference">As <see cref="ModelInfo.Preference"/>.</param>
    public void Add(string name, string directory, int preference) =>
        Publish(new Slot(new ModelInfo { Name = name, State = ModelState.Loading, Path = directory, Reason = "waiting to be loaded", Preference = preference }, null));

    public Outcome<ModelInfo> Find(string name, string? version, params ReadOnlySpan<ModelTask> tasks) =>
        FindSlot(name, version, tasks).TryGet(out var slot, out var error) ? slot.Info : error;

    /// <summary>The model that answers to a name; without a name the default one that does a task.</summary>
    public Outcome<LoadedModel> Get(string name, string? version, params ReadOnlySpan<ModelTask> tasks)
    {
        if (!FindSlot(name, version, tasks).TryGet(out var slot, out var error))
            return error;
        return slot.Loaded is { } loaded ? loaded : ModelLookup.NotReady(slot.Info);
    }

    public async Task LoadAllAsync(CancellationToken cancellation)
    {
        var names = new List<string>();
        foreach (var model in Models)
            names.Add(model.Name);
        // One after another: each is measured on the whole machine, and two at once would measure each other.
        foreach (var name in names)
            await LoadAsync(name, cancellation);
    }

    /// <summary>Loads beside the version that answers now, if any, and swaps when the new one has answered its warm-up.</summary>
    public async Task<Outcome<ModelInfo>> LoadAsync(string name, CancellationToken cancellation)
    {
        if (!FindSlot(name, null).TryGet(out var slot, out var error))
            return error;
        await slot.Changing.WaitAsync(cancellation);
        try
        {
            slot = FindSlot(name, null).Value!;
            var old = slot.Loaded;
            if (old is null)
                Publish(slot with { Info = slot.Info with { State = ModelState.Loading, Reason = "loading" } });
            Log.Loading(logger, slot.Info.Name, slot.Info.Path);
            try
            {
                // Reading and measuring block for long: not on the pool's threads.
                var loaded = await Task.Factory.StartNew(
                    () => loader.Load(slot.Info.Name, slot.Info.Path, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                Publish(slot with { Info = loaded.Info with { Preference = slot.Info.Preference }, Loaded = loaded });
                Log.Loaded(logger, loaded.Info.Name, loaded.Info.Digest, loaded.Info.Device, loaded.Info.Sessions, loaded.Info.ThreadsPerSession, loaded.Info.MaxBatchTokens);
                if (old is not null)
                    await old.StopAsync();
                return loaded.Info;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever is in a model's files, or happens while it is loaded, refuses that model and no other; those of the first kinds are what
                // files are refused with.
                var reason = LoadFailure.Reason(e, slot.Info.Path);
                if (e is ModelFormatException or TokenizerFormatException or IOException or UnauthorizedAccessException)
                    Log.Refused(logger, slot.Info.Name, e.Message);
                else
                    Log.Unexpected(logger, e, slot.Info.Name);
                if (old is null)
                    Publish(slot with { Info = slot.Info with { State = ModelState.Failed, Reason = reason } });
                return new InferenceError(InferenceErrorKind.ModelNotReady, $"model '{slot.Info.Name}' cannot be loaded: {reason}", "model");
            }
            catch (OperationCanceledException) when (old is null)
            {
                Publish(slot with { Info = slot.Info with { State = ModelState.Unloaded, Reason = "loading was cancelled" } });
                throw;
            }
        }
        finally
        {
            slot.Changing.Release();
        }
    }

    public async Task<Outcome<ModelInfo>> UnloadAsync(string name, CancellationToken cancellation)
    {
        if (!FindSlot(name, null).TryGet(out var slot, out var error))
            return error;
        await slot.Changing.WaitAsync(cancellation);
        try
        {
            slot = FindSlot(name, null).Value!;
            if (slot.Loaded is not { } loaded)
                return slot.Info;
            var unloaded = slot with { Info = slot.Info with { State = ModelState.Unloaded, Reason = "unloaded" }, Loaded = null };
            Publish(unloaded);
            await loaded.StopAsync();
            Log.Unloaded(logger, slot.Info.Name);
            return unloaded.Info;
        }
        finally
        {
            slot.Changing.Release();
        }
    }

    /// <summary>Answers what is queued everywhere, then frees the sessions.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var model in Models)
            await UnloadAsync(model.Name, CancellationToken.None);
    }

    private Outcome<Slot> FindSlot(string name, string? version, params ReadOnlySpan<ModelTask> tasks)
    {
        var snapshot = Volatile.Read(ref _snapshot);
        if (!ModelLookup.Find(snapshot.Models, snapshot.Names, defaultModel, name, tasks).TryGet(out var info, out var error))
            return error;
        return ModelLookup.CheckVersion(info.Name, info.Digest, version) is { } wrong ? wrong : snapshot.Slots[info.Name];
    }

    private void Publish(Slot slot)
    {
        lock (_gate)
            Volatile.Write(ref _snapshot, new Snapshot(_snapshot.Slots.SetItem(slot.Info.Name, slot)));
    }

    private sealed class Snapshot
    {
        public Snapshot(ImmutableDictionary<string, Slot> slots)
        {
            Slots = slots;
            Models = [.. slots.Values.Select(slot => slot.Info).OrderBy(info => info.Name, StringComparer.Ordinal)];
            Names = ModelLookup.Names(Models);
        }

        public ImmutableDictionary<string, Slot> Slots { get; }

        public IReadOnlyList<ModelInfo> Models { get; }

        public IReadOnlyDictionary<string, ModelInfo> Names { get; }
    }

    /// <summary>One model's place. Copies share the semaphore that lets one change go on at a time.</summary>
    private sealed record Slot(ModelInfo Info, LoadedModel? Loaded)
    {
        public SemaphoreSlim Changing { get; } = new(1);
    }
}
