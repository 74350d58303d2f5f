using Microsoft.Extensions.Logging;
using Orrery.Engine.Batching;
using Orrery.Engine.Execution;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Models;

/// <summary>Reads a model directory, builds its session, proves it with a run, measures how to run it, and starts its threads.</summary>
internal sealed class ModelLoader(EngineOptions options, OrtEnvironment environment, EngineMetrics metrics, TimeProvider time, ILogger logger)
{
    /// <summary>Loads a version. Blocks while the graph is read and measured.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="cancellation">Stops between the steps.</param>
    /// <exception cref="ModelFormatException">The files do not make a model; the message says which and why.</exception>
    public LoadedModel Load(string name, string directory, CancellationToken cancellation)
    {
        var files = ModelFiles.Open(directory, options.Roots);
        files.Check([]);
        var outline = files.Outline();
        var external = files.ExternalFiles(outline);
        files.Check(external);

        // Hashing reads the whole graph; it goes on beside the reading of the tokenizer.
        var hashes = Task.Factory.StartNew(() => VersionDigest.Hash(files, external, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var manifest = ModelManifest.Read(files);
        var tokenizer = manifest.Task == ModelTask.Tensor ? null : files.ReadTokenizer(manifest.LowerCase);
        cancellation.ThrowIfCancellationRequested();

        var version = VersionDigest.Of(files, external, hashes.GetAwaiter().GetResult(), ReadingChanges.Of(manifest, tokenizer, outline));
        if (files.Static is not null)
            return Load(name, files, manifest, tokenizer, null, version, external, threads => CreateStaticSession(files, threads), cancellation);
        var tensors = tokenizer is null ? TensorGraph.Read(files) : null;
        if (tensors?.Model is { } changed)
            return Load(name, files, manifest, null, tensors, version, external, threads => CreateSession(files.Graph, how => new OrtSession(environment, changed, how), threads), cancellation);
        var graph = new GraphCache(options, environment).Resolve(files.Graph, version.Current);
        // Of a rewritten graph alone: what a foreign one says of where its weights lie is for ONNX Runtime to check.
        var weights = graph == files.Graph ? null : Share(graph);
        try
        {
            var loaded = Load(
                name, files, manifest, tokenizer, tensors, version, external,
                threads => CreateSession(graph, how => weights is null ? new OrtSession(environment, graph, how) : new OrtSession(environment, graph, weights, how), threads), cancellation);
            weights?.Forget();
            return loaded;
        }
        finally
        {
            // The sessions hold them from here on.
            weights?.Release();
        }
    }

    private LoadedModel Load(
        string name, ModelFiles files, ModelManifest manifest, Tokenizer? tokenizer, TensorGraph? tensors, VersionDigest version, IReadOnlyCollection<string> external, Func<int, OrtSession> create,
        CancellationToken cancellation)
    {
        var session = create(PlanMeasurement.Shape(options).Threads);
        ModelSessions? sessions = null;
        try
        {
            var layout = tokenizer is null ? null : Layout(files, session, manifest);
            var facts = Prove(Facts(name, files, manifest, session, layout, tokenizer, external), manifest, session, layout, tokenizer);
            facts = facts with { Digest = version.Current, FormerDigest = version.Former == version.Current ? "" : version.Former, ReadingChanges = version.Changes, OutputLabels = tensors?.LabelsOf(session.Outputs) ?? facts.OutputLabels };
            var chain = Chain(files, manifest, layout, facts.Dimensions);
            var tokenWidth = facts.Dimensions;
            if (facts.Task == ModelTask.Embedding)
                facts = facts with { Dimensions = Math.Min(manifest.TruncateDimensions ?? int.MaxValue, chain?.Width ?? facts.Dimensions) };
            cancellation.ThrowIfCancellationRequested();

            var own = BatchesOf(facts, files, manifest, session, layout, tokenizer);
            (var plan, sessions) = Plan(own, facts, session, create, layout, tokenizer);
            facts = facts with { Sessions = plan.Sessions, ThreadsPerSession = plan.Threads, MaxBatchTokens = plan.MaxBatchTokens, State = ModelState.Ready };
            return Start(own, facts, manifest, layout, tokenizer, sessions, plan, chain, tokenWidth, files.Static is not null);
        }
        catch
        {
            session.Dispose();
            sessions?.Dispose();
            throw;
        }
    }

    /// <summary>The options, with batches of one text where the graph takes no more, and without padding where it takes that for text.</summary>
    private EngineOptions BatchesOf(ModelInfo facts, ModelFiles files, ModelManifest manifest, OrtSession session, GraphLayout? layout, Tokenizer? tokenizer)
    {
        if (layout is null || options.MaxBatchItems == 1)
            return options;
        try
        {
            if (GraphLimits.Of(session.Inputs, layout).Texts != 1)
            {
                var (ids, pad) = (IdsOf(manifest, tokenizer!), tokenizer!.PadId);
                if (BatchProof.Check(session, layout, facts, ids, pad, files.Graph) is not { } reason)
                {
                    if (BatchProof.CheckPadding(session, layout, facts, ids, pad, files.Graph) is not { } why)
                        return options;
                    Log.Unpadded(logger, facts.Name, why);
                    return options with { MaxPadding = 0 };
                }

                Log.OneByOne(logger, facts.Name, reason);
            }

            return options with { MaxBatchItems = 1 };
        }
        catch (Exception e) when (e is OrtException or ModelOutputException)
        {
            throw new ModelFormatException($"the graph fails on a text of several tokens: {e.Message}", e);
        }
    }

    /// <summary>What becomes of token vectors where that is more than one pooling; null where it is not, or the graph does it all.</summary>
    private static ModuleChain? Chain(ModelFiles files, ModelManifest manifest, GraphLayout? layout, int tokenWidth)
    {
        if (layout is not { Kind: OutputKind.Tokens } || manifest.Modules is not { } modules)
            return null;
        var chain = ModuleChainLoader.Load(files.Paths, modules, tokenWidth);
        return modules.IsPlain ? null : chain;
    }

    private (SessionPlan Plan, ModelSessions Sessions) Plan(
        EngineOptions own, ModelInfo facts, OrtSession session, Func<int, OrtSession> create, GraphLayout? layout, Tokenizer? tokenizer)
    {
        if (layout is null)
        {
            var (count, threads) = PlanMeasurement.Shape(options);
            var tokens = options.MaxBatchTokens > 0 ? options.MaxBatchTokens : PlanMeasurement.TensorBatchTokens;
            return (new SessionPlan(count, threads, 0, tokens, PlanMeasurement.UnknownRate), new ModelSessions(session, null));
        }

        var cache = new PlanCache(options, environment);
        if (cache.Read(facts.Digest) is { } known)
            return (known, new ModelSessions(session, known.WideThreads > 0 ? create(known.WideThreads) : null));
        var (plan, sessions) = new PlanMeasurement(own, time, facts, layout, tokenizer!.PadId).Choose(session, create);
        cache.Write(facts.Digest, plan);
        return (plan, sessions);
    }

    private LoadedModel Start(
        EngineOptions own, ModelInfo info, ModelManifest manifest, GraphLayout? layout, Tokenizer? tokenizer, ModelSessions sessions, SessionPlan plan, ModuleChain? chain, int tokenWidth, bool isStatic)
    {
        // A graph that is not told what is padding takes it for text: then only texts of one length share a batch.
        var padding = layout is { HasMask: false } ? 0 : own.MaxPadding;
        var policy = new BatchPolicy(plan.MaxBatchTokens, own.MaxBatchItems, padding, PlanMeasurement.MinTokens, options.BulkEvery);
        var runners = new IBatchRunner[plan.Sessions];
        for (var i = 0; i < runners.Length; i++)
            runners[i] = new SessionRunner(sessions, layout, tokenizer?.PadId ?? 0, chain);
        var modelMetrics = new ModelMetrics(metrics, info.Name);
        var executor = new ModelExecutor(
            info.Name, runners, new BatchQueue(policy, Math.Max(1, info.MaxLength)), new LoadEstimate(plan.Sessions, plan.TokensPerSecond),
            new QueueLimits(options.MaxQueueTokens, options.MaxQueueDelay), policy, time, modelMetrics);
        return new LoadedModel(info, manifest, layout, tokenizer, sessions, executor, modelMetrics, new RunEstimate(MemoryBudget.Of(options.MemoryLimit).Limit), tokenWidth, chain is not null, isStatic);
    }

    /// <summary>The weights that a rewritten graph's sessions share; null where they cannot be read apart: each session reads its own then.</summary>
    private static OrtSharedWeights? Share(string graph)
    {
        try
        {
            return OrtSharedWeights.Open(graph);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // What is wrong with the file is told by loading it.
            return null;
        }
    }

    private OrtSession CreateSession(string graph, Func<OrtSessionOptions, OrtSession> create, int threads)
    {
        try
        {
            var session = create(new OrtSessionOptions { IntraOpThreads = threads, Providers = ProviderNames.Parse(options.Devices) });
            foreach (var skipped in session.SkippedProviders)
                Log.ProviderSkipped(logger, skipped.Name, session.Provider, skipped.Reason);
            return session;
        }
        catch (OrtException e)
        {
            // Callers see it, and have no business with places on this machine.
            var folder = Path.GetDirectoryName(graph) + Path.DirectorySeparatorChar;
            throw new ModelFormatException($"{Path.GetFileName(graph)}: {e.Message.Replace(folder, "", StringComparison.Ordinal)}", e);
        }
    }

    /// <summary>A session over a table of token vectors, which stay in their file.</summary>
    private OrtSession CreateStaticSession(ModelFiles files, int threads)
    {
        // ONNX Runtime takes no link out of the folder that it is told: a hub's cache is made of them. It was checked where they lead.
        var table = ModelPaths.RealPath(files.Graph);
        var how = new OrtSessionOptions
        {
            IntraOpThreads = threads,
            ConfigEntries = new Dictionary<string, string> { ["session.model_external_initializers_file_folder_path"] = Path.GetDirectoryName(table)! },
        };
        try
        {
            return new OrtSession(environment, StaticGraph.Build(files, Path.GetFileName(table)), how);
        }
        catch (OrtException e)
        {
            throw new ModelFormatException($"{files.Paths.NameOf(files.Graph)}: {e.Message}", e);
        }
    }

    private static GraphLayout? Layout(ModelFiles files, OrtSession session, ModelManifest manifest)
    {
        var width = manifest.Modules is { } modules ? ModuleChainLoader.WidthOf(files.Paths, modules) : null;
        var layout = GraphLayout.Recognize(session.Inputs, session.Outputs, manifest.Task, manifest.TokenHead, manifest.Modules, width);
        if (layout is { Task: ModelTask.Embedding, Kind: OutputKind.Tokens } && files.Modules is not null && manifest.Modules is null && manifest.Pooling is null)
            throw new ModelFormatException($"{ModuleList.FileName}: no module pools the tokens' vectors, and the graph does not");
        return layout is null ? null : layout with { FirstPosition = manifest.FirstPosition };
    }

    private static ModelInfo Facts(string name, ModelFiles files, ModelManifest manifest, OrtSession session, GraphLayout? layout, Tokenizer? tokenizer, IReadOnlyCollection<string> external)
    {
        var info = new ModelInfo
        {
            Name = name,
            State = ModelState.Loading,
            Task = ModelTask.Tensor,
            Inputs = [.. session.Inputs],
            Outputs = [.. session.Outputs],
            Device = session.Provider,
            DataType = files.Static is null ? DataTypeOf(files.Graph) : session.Outputs[0].ElementType == OrtElementType.Float16 ? "float16" : "float32",
            FileBytes = files.VersionFiles(external).Values.Sum(path => new FileInfo(path).Length),
            Created = File.GetLastWriteTimeUtc(files.Graph),
            Path = files.Directory,
            Aliases = manifest.Aliases,
        };
        if (layout is null)
            return info;

        // A token that was added for other than texts may lie beyond, as Gemma's <image_soft_token>: a text that has it is refused.
        if (manifest.VocabularySize is { } size && tokenizer!.PieceCount > size)
            throw new ModelFormatException($"the tokenizer has {tokenizer.PieceCount} pieces, but config.json's vocab_size is {size}: they do not belong together");
        if (tokenizer!.PadId >= IdsOf(manifest, tokenizer))
            throw new ModelFormatException($"the tokenizer pads with id {tokenizer.PadId}, but config.json's vocab_size is {manifest.VocabularySize}");
        var length = files.Static is null
            ? ReadingChanges.Length(manifest, tokenizer!)
            : Math.Min(tokenizer!.TruncationLength ?? StaticGraph.MaxLength, StaticGraph.MaxLength);
        if (GraphLimits.Of(session.Inputs, layout).Tokens is > 0 and var tokens)
            length = Math.Min(length, tokens);
        if (length < (files.Static is null ? tokenizer!.SpecialTokenCount(pair: true) : 0) + 1)
            throw new ModelFormatException($"the maximum length of {length} tokens leaves no room for a text");
        return info with
        {
            Task = layout.Task,
            Pooling = layout is { Task: ModelTask.Embedding, Kind: OutputKind.Tokens } ? manifest.Pooling ?? Pooling.Mean : Pooling.None,
            Normalize = manifest.Normalize ?? layout.Kind != OutputKind.Logits,
            MaxLength = length,
            Labels = layout.Task is ModelTask.Embedding or ModelTask.Sparse ? [] : manifest.Labels,
            ScoreFunction = manifest.ScoreFunction,
            Prompts = manifest.Prompts,
        };
    }

    /// <summary>Runs one short text, with the vocabulary's highest id in it, before anyone else may.</summary>
    private static ModelInfo Prove(ModelInfo info, ModelManifest manifest, OrtSession session, GraphLayout? layout, Tokenizer? tokenizer)
    {
        if (layout is null)
            return info;
        using var runner = new SessionRunner(new ModelSessions(session, null), layout, tokenizer!.PadId);
        var highest = IdsOf(manifest, tokenizer) - 1;
        try
        {
            runner.Compute(SessionRunner.ProbeBatch(1, 2, highest), alone: false);
        }
        catch (Exception e) when (e is OrtException or ModelOutputException)
        {
            throw new ModelFormatException($"the graph fails on a text with the tokenizer's highest id, {highest}; do they belong together? {e.Message}", e);
        }

        var dimensions = runner.RowLength;
        if (info.Task is ModelTask.Embedding or ModelTask.Sparse)
            return info with { Dimensions = dimensions };
        if (info.Labels.Length > 0 && info.Labels.Length != dimensions)
            throw new ModelFormatException($"config.json's id2label has {info.Labels.Length} labels, but the graph answers {dimensions} scores");
        var reranks = dimensions == 1 && info.Task == ModelTask.Classifier;
        return info with
        {
            Dimensions = dimensions,
            Task = reranks ? ModelTask.Reranker : info.Task,
            ScoreFunction = reranks ? manifest.OfOneLabel() : info.ScoreFunction,
            Labels = info.Labels.Length > 0 ? info.Labels : [.. Enumerable.Range(0, dimensions).Select(i => $"LABEL_{i}")],
        };
    }

    /// <summary>How many of the tokenizer's ids the graph has vectors for.</summary>
    private static int IdsOf(ModelManifest manifest, Tokenizer tokenizer) => Math.Min(manifest.VocabularySize ?? int.MaxValue, tokenizer.VocabularySize);

    private static string DataTypeOf(string graph)
    {
        var name = Path.GetFileNameWithoutExtension(graph);
        return name switch
        {
            _ when name.Contains("fp16", StringComparison.OrdinalIgnoreCase) => "float16",
            _ when name.Contains("uint8", StringComparison.OrdinalIgnoreCase) => "uint8",
            _ when name.Contains("quantized", StringComparison.OrdinalIgnoreCase) || name.Contains("int8", StringComparison.OrdinalIgnoreCase) => "int8",
            _ when name.Contains("q4", StringComparison.OrdinalIgnoreCase) => "int4",
            _ => "float32",
        };
    }
}
