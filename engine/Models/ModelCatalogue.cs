using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Orrery.Engine.Models;

/// <summary>
/// The models by name. Readers see an immutable snapshot and take no lock; loading and unloading replace it whole.
/// </summary>
internal sealed class ModelCatalogue(ModelLoader loader, string? defaultModel, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Snapshot _snapshot = new([], ImmutableDictionary<string, Slot>.Empty);

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
    public void Add(string name, string directory) =>
        Publish(new Slot(new ModelInfo { Name = name, State = ModelState.Loading, Path = directory, Reason = "waiting to be loaded" }, null));

    public Outcome<ModelInfo> Find(string name, string? version, params ReadOnlySpan<ModelTask> tasks) =>
        FindSlot(name, version, tasks).TryGet(out var slot, out var error) ? slot.Info : error;

    /// <summary>The model that answers to a name; without a name the default one that does a task.</summary>
    public Outcome<LoadedModel> Get(string name, string? version, params ReadOnlySpan<ModelTask> tasks)
    {
        if (!FindSlot(name, version, tasks).TryGet(out var slot, out var error))
            return error;
        if (slot.Loaded is { } loaded)
            return loaded;
        var loading = slot.Info.State == ModelState.Loading;
        return new InferenceError(
            InferenceErrorKind.ModelNotReady, $"model '{slot.Info.Name}' is not ready: {slot.Info.Reason}", "model",
            loading ? TimeSpan.FromSeconds(1) : null);
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
                Publish(slot with { Info = loaded.Info, Loaded = loaded });
                Log.Loaded(logger, loaded.Info.Name, loaded.Info.Digest, loaded.Info.Device, loaded.Info.Sessions, loaded.Info.ThreadsPerSession, loaded.Info.MaxBatchTokens);
                if (old is not null)
                    await old.StopAsync();
                return loaded.Info;
            }
            catch (Exception e) when (e is ModelFormatException or IOException or UnauthorizedAccessException)
            {
                Log.Refused(logger, slot.Info.Name, e.Message);
                if (old is null)
                    Publish(slot with { Info = slot.Info with { State = ModelState.Failed, Reason = e.Message } });
                return new InferenceError(InferenceErrorKind.ModelNotReady, $"model '{slot.Info.Name}' cannot be loaded: {e.Message}", "model");
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
        if (name.Length == 0)
            return Default(snapshot, tasks) is { } byTask ? byTask : new InferenceError(InferenceErrorKind.ModelNotFound, "no model here does this task", "model");
        if (!snapshot.Slots.TryGetValue(name, out var slot))
            return new InferenceError(InferenceErrorKind.ModelNotFound, $"model '{name}' does not exist", "model");
        return version is null || (version.Length > 0 && slot.Info.Digest.StartsWith(version, StringComparison.Ordinal))
            ? slot
            : new InferenceError(InferenceErrorKind.ModelNotFound, $"model '{name}' has no version '{version}'", "version");
    }

    private Slot? Default(Snapshot snapshot, ReadOnlySpan<ModelTask> tasks)
    {
        if (defaultModel is not null && snapshot.Slots.TryGetValue(defaultModel, out var chosen) && Does(chosen, tasks))
            return chosen;
        Slot? waiting = null;
        foreach (var model in snapshot.Models)
        {
            var slot = snapshot.Slots[model.Name];
            if (slot.Loaded is not null && Does(slot, tasks))
                return slot;
            // What is still loading may turn out to do it: say 'not ready', not 'not found'.
            if (model.State == ModelState.Loading && slot.Loaded is null)
                waiting ??= slot;
        }

        return waiting;
    }

    private static bool Does(Slot slot, ReadOnlySpan<ModelTask> tasks) =>
        tasks.Length == 0 || (slot.Loaded is not null && tasks.Contains(slot.Info.Task));

    private void Publish(Slot slot)
    {
        lock (_gate)
        {
            var slots = _snapshot.Slots;
            foreach (var (key, other) in slots)
            {
                if (other.Info.Name == slot.Info.Name)
                    slots = slots.Remove(key);
            }

            slots = slots.SetItem(slot.Info.Name, slot);
            foreach (var alias in slot.Info.Aliases)
            {
                if (!slots.ContainsKey(alias))
                    slots = slots.Add(alias, slot);
            }

            var models = slots.Values.Select(one => one.Info).DistinctBy(info => info.Name).OrderBy(info => info.Name, StringComparer.Ordinal);
            Volatile.Write(ref _snapshot, new Snapshot([.. models], slots));
        }
    }

    private sealed record Snapshot(ImmutableArray<ModelInfo> ModelArray, ImmutableDictionary<string, Slot> Slots)
    {
        // Boxed once, not at every read.
        public IReadOnlyList<ModelInfo> Models { get; } = ModelArray;
    }

    /// <summary>One model's place. Copies share the semaphore that lets one change go on at a time.</summary>
    private sealed record Slot(ModelInfo Info, LoadedModel? Loaded)
    {
        public SemaphoreSlim Changing { get; } = new(1);
    }
}
