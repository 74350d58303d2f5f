using System.Runtime.InteropServices;
using Orrery.ClientApi.Routing;
using Orrery.Engine;
using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.ClientApi.Backend;

/// <summary>Detectors over a cluster: those over one version of a model are asked together, on the silos of its replicas.</summary>
internal sealed class ClusterDetection(ClusterWatcher watcher, Dispatcher dispatcher, FrontOptions options, bool keepsVectors)
{
    public async ValueTask<Outcome<DetectOutput>> DetectAsync(DetectRequest request, CancellationToken cancellation)
    {
        var deadline = dispatcher.Begin(request.Timeout);
        if (watcher.Obstacle is { } obstacle)
            return obstacle;
        var names = request.Detectors.Count > 0 ? request.Detectors : options.DefaultDetectors;
        var found = await dispatcher.FindAsync(
            table => DetectorLookup.ForTexts(table.Detectors, request.Detectors, options.DefaultDetectors),
            table => table.Come(detector => names.Count > 0 ? names.Contains(detector.Name) : detector.Kind != DetectorKind.Pair), deadline, cancellation);
        if (!found.TryGet(out var detectors, out var error))
            return error;
        var groups = Group(detectors);
        if (request.Upsert is { } target && CheckUpsert(groups, target, request.Inputs.Count) is { } wrong)
            return wrong;
        var running = new Task<Outcome<Detections[]>>[groups.Count];
        for (var i = 0; i < running.Length; i++)
            running[i] = AskAsync(groups[i], request, deadline, cancellation);
        var parts = new Detections[groups.Count][];
        for (var i = 0; i < running.Length; i++)
        {
            if (!(await running[i]).TryGet(out parts[i]!, out var failed))
                error ??= failed;
        }

        return error is null ? Join(detectors.Count, groups, parts) : error;
    }

    private InferenceError? CheckUpsert(List<ModelGroup> groups, UpsertTarget target, int inputs) => groups.Count > 1
        ? new(InferenceErrorKind.Invalid, $"upsert: the detectors read embeddings of more than one model ('{groups[0].Model}', '{groups[1].Model}'); name detectors over one", "upsert")
        : RecordCheck.Check(keepsVectors, target, inputs);

    private static List<ModelGroup> Group(IReadOnlyList<DetectorInfo> detectors)
    {
        var groups = new List<ModelGroup>();
        for (var place = 0; place < detectors.Count; place++)
        {
            var detector = detectors[place];
            var group = groups.Find(group => group.Digest == detector.ModelDigest);
            if (group is null)
                groups.Add(group = new ModelGroup(detector.Model, detector.ModelDigest));
            group.Detectors.Add(detector);
            group.Places.Add(place);
        }

        return groups;
    }

    private async Task<Outcome<Detections[]>> AskAsync(ModelGroup group, DetectRequest request, Deadline deadline, CancellationToken cancellation)
    {
        var names = group.Detectors.ConvertAll(detector => detector.Name).ToArray();
        var table = watcher.Table;
        var router = table.Names.ContainsKey(group.Model) ? table.Route(group.Model).Version(group.Digest) : null;
        var chunks = Splitting.Of(request.Inputs, router?.Count ?? 1, options.Router);
        return await dispatcher.SendAllAsync(
            group.Model, group.Digest, chunks, request.Upsert is not null, deadline,
            (part, replica, left, token) => replica.Detectors.DetectAsync(
                new DetectCall
                {
                    Texts = Texts.Of(request.Inputs, part.Inputs),
                    Terms = new Terms { Priority = request.Priority, Timeout = left, Truncation = request.Truncation },
                    Detectors = names,
                    Embeddings = request.Embeddings,
                    Upsert = UpsertPart.Of(request.Upsert, part.Inputs, part.Operation),
                },
                token),
            cancellation);
    }

    private static DetectOutput Join(int count, List<ModelGroup> groups, Detections[][] parts)
    {
        var embeddings = new List<TextOutput>();
        var outputs = new DetectorOutput[count];
        var (embedding, heads) = (TimeSpan.Zero, TimeSpan.Zero);
        var stored = default(Receipt);
        for (var g = 0; g < groups.Count; g++)
        {
            var first = embeddings.Count;
            for (var pass = 0; pass < parts[g][0].Embeddings.Length; pass++)
                embeddings.Add(Rows.Join(Array.ConvertAll(parts[g], part => part.Embeddings[pass])));
            for (var d = 0; d < groups[g].Detectors.Count; d++)
            {
                var output = new DetectorOutput(groups[g].Detectors[d], embeddings[first + parts[g][0].Passes[d]]);
                var at = MemoryMarshal.AsBytes(output.Values.Span);
                foreach (var part in parts[g])
                {
                    part.Probabilities[d].CopyTo(at);
                    at = at[part.Probabilities[d].Length..];
                }

                outputs[groups[g].Places[d]] = output;
            }

            foreach (var part in parts[g])
            {
                embedding = part.EmbeddingTime > embedding ? part.EmbeddingTime : embedding;
                heads = part.HeadTime > heads ? part.HeadTime : heads;
                stored += part.Stored;
            }
        }

        return new DetectOutput(outputs, embeddings, embedding, heads) { Stored = stored.ToReceipt() };
    }

    private sealed record ModelGroup(string Model, string Digest)
    {
        public List<DetectorInfo> Detectors { get; } = [];

        /// <summary>Where each stands in the request's list.</summary>
        public List<int> Places { get; } = [];
    }
}
