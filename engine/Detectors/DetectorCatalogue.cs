using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Detectors;

/// <summary>A detector whose model answers at the version that its head was trained on.</summary>
internal sealed record ReadyDetector(DetectorInfo Info, DetectorManifest Manifest, Head Head, ModelInfo Model);

/// <summary>
/// The detectors by name. Heads are read once; whether a detector answers is decided at each look, by the digests of the models that are
/// loaded then: a model that is exchanged takes its detectors out of service with a reason, never into silently wrong scores.
/// </summary>
internal sealed class DetectorCatalogue(OrtEnvironment environment, ModelCatalogue models, EngineOptions options, ILogger logger) : IDisposable
{
    private readonly SortedDictionary<string, Slot> _slots = new(StringComparer.Ordinal);

    /// <summary>Every detector as it stands now, by name.</summary>
    public IReadOnlyList<DetectorInfo> Detectors => [.. _slots.Values.Select(slot => Look(slot).Info)];

    /// <summary>Reads a detector's files. Not beside any other call.</summary>
    public void Add(string name, string directory)
    {
        var info = new DetectorInfo { Name = name, State = ModelState.Failed, Path = directory };
        Head? head = null;
        try
        {
            var paths = new ModelPaths(directory, options.Roots);
            var manifest = DetectorManifest.Read(paths);
            info = info with { Kind = manifest.Kind, Model = manifest.Model, ModelDigest = manifest.ModelDigest, Created = manifest.Created };
            var file = paths.Read(manifest.Head);
            head = Head.Load(environment, file, manifest);
            var dimensions = head.Dimensions > 0 ? head.Dimensions : manifest.Dimensions;
            if (dimensions > 0)
                head.Prove(dimensions);
            info = WithLabels(info with { Digest = DigestOf(directory, file) }, manifest, head.Labels);
            _slots[name] = new Slot(info, manifest, head);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever is in a detector's files refuses that detector and no other.
            head?.Dispose();
            _slots[name] = new Slot(info with { Reason = LoadFailure.Reason(e, directory) }, null, null);
        }
    }

    /// <summary>Says in the log which detectors cannot answer.</summary>
    public void Report()
    {
        foreach (var slot in _slots.Values)
        {
            if (Look(slot).Info is { State: not ModelState.Ready } refused)
                Log.DetectorRefused(logger, refused.Name, refused.Reason!);
        }
    }

    /// <summary>The detectors of a request over texts.</summary>
    public Outcome<IReadOnlyList<ReadyDetector>> ForTexts(IReadOnlyList<string> names)
    {
        var wanted = names.Count > 0 ? names : options.DefaultDetectors;
        var found = new List<ReadyDetector>(wanted.Count);
        foreach (var name in wanted)
        {
            if (Ready(name) is { Info.Kind: not DetectorKind.Pair } ready)
                found.Add(ready);
        }

        if (wanted.Count == 0)
        {
            foreach (var slot in _slots.Values)
            {
                if (slot.Info.Kind != DetectorKind.Pair && Look(slot).Ready is { } ready)
                    found.Add(ready);
            }
        }

        if (found.Count > 0 && found.Count >= wanted.Count)
            return found;
        return DetectorLookup.ForTexts(Detectors, names, options.DefaultDetectors).TryGet(out var ones, out var reason) ? ForTexts([.. ones.Select(one => one.Name)]) : reason;
    }

    /// <summary>One detector by name.</summary>
    public Outcome<ReadyDetector> Get(string name)
    {
        if (Ready(name) is { } ready)
            return ready;
        return DetectorLookup.Find(Detectors, name).Error is { } reason ? reason : Get(name);
    }

    private ReadyDetector? Ready(string name) => _slots.TryGetValue(name, out var slot) ? Look(slot).Ready : null;

    public void Dispose()
    {
        foreach (var slot in _slots.Values)
            slot.Head?.Dispose();
    }

    private (ReadyDetector? Ready, DetectorInfo Info) Look(Slot slot)
    {
        if (slot.Head is null)
            return (null, slot.Info);
        var manifest = slot.Manifest!;
        foreach (var model in models.Models)
        {
            if (model.State != ModelState.Ready || model.Digest != manifest.ModelDigest)
                continue;
            if (Misfit(slot, model) is { } misfit)
                return (null, slot.Info with { State = ModelState.Failed, Reason = misfit });
            var info = slot.Info with { State = ModelState.Ready, Model = model.Name };
            return (new ReadyDetector(info, manifest, slot.Head, model), info);
        }

        return (null, slot.Info.Unready(models.Find(manifest.Model, null).Value));
    }

    /// <summary>Why a head does not fit the very model it names: its manifest was written by hand, then.</summary>
    private static string? Misfit(Slot slot, ModelInfo model)
    {
        var pair = slot.Info.Kind == DetectorKind.Pair;
        if (model.Task != ModelTask.Embedding && !(pair && model.Task == ModelTask.Reranker))
            return $"its model '{model.Name}' does not embed: its task is {model.Task.ToString().ToLowerInvariant()}";
        var wanted = pair ? 1 : slot.Manifest!.Layer is null ? model.Dimensions : slot.Head!.Dimensions;
        return slot.Head!.Dimensions == 0 || slot.Head.Dimensions == wanted ? null
            : $"its head takes rows of {slot.Head.Dimensions} numbers, but {(pair ? "a pair has 1, its similarity" : $"model '{model.Name}' gives {wanted}")}";
    }

    private static DetectorInfo WithLabels(DetectorInfo info, DetectorManifest manifest, ImmutableArray<string> labels)
    {
        if (manifest.Kind != DetectorKind.Classifier && labels.Length != 2)
            throw new ModelFormatException($"{DetectorManifest.FileName}: labels: a detector of kind {manifest.Kind.ToString().ToLowerInvariant()} has two classes, not {labels.Length}");
        var positive = manifest.Positive ?? (manifest.Kind == DetectorKind.Classifier ? null : labels[^1]);
        if (positive is not null && !labels.Contains(positive))
            throw new ModelFormatException($"{DetectorManifest.FileName}: positive: '{positive}' is not one of the labels: {string.Join(", ", labels)}");
        return info with { Labels = labels, Positive = positive, Threshold = (float)(manifest.Threshold ?? (positive is null ? 0 : 0.5)) };
    }

    private static string DigestOf(string directory, byte[] head)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(File.ReadAllBytes(Path.Combine(directory, DetectorManifest.FileName))));
        hash.AppendData(SHA256.HashData(head));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed record Slot(DetectorInfo Info, DetectorManifest? Manifest, Head? Head);
}
