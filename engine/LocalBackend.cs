using Microsoft.Extensions.Logging;
using Orrery.Engine.Detectors;
using Orrery.Engine.Entities;
using Orrery.Engine.Execution;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Vectors;
using Encoding = Orrery.Engine.Tokenization.Encoding;

namespace Orrery.Engine;

/// <summary>The seam's implementation in this process: every model lives here, in its own session and queue.</summary>
public sealed class LocalBackend : IInferenceBackend, IAsyncDisposable
{
    private readonly ModelCatalogue _catalogue;
    private readonly DetectorCatalogue _detectors;
    private readonly HeadExecutor _heads = new();
    private readonly Detection _detection;
    private readonly Comparing _comparing;
    private readonly OrtEnvironment _environment;
    private readonly EngineMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly EngineOptions _options;
    private readonly EmbeddingKeeper _keeper;

    private LocalBackend(EngineOptions options, IVectorStore? vectors, OrtEnvironment environment, ILoggerFactory loggers, TimeProvider time)
    {
        _options = options;
        _keeper = new EmbeddingKeeper(vectors, time);
        _environment = environment;
        _time = time;
        _metrics = new EngineMetrics();
        var logger = loggers.CreateLogger<LocalBackend>();
        _catalogue = new ModelCatalogue(new ModelLoader(options, environment, _metrics, time, logger), options.DefaultModel, logger);
        _detectors = new DetectorCatalogue(environment, _catalogue, options, logger);
        _detection = new Detection(this, _catalogue, _detectors, _heads, _metrics, time);
        _comparing = new Comparing(this, _detectors, _heads);
        _metrics.ObserveModels(_catalogue.Loaded);
    }

    /// <summary>ONNX Runtime, as it was found for this process.</summary>
    public OrtEnvironment Runtime => _environment;

    /// <inheritdoc/>
    public IReadOnlyList<ModelInfo> Models => _catalogue.Models;

    /// <inheritdoc/>
    public IReadOnlyList<DetectorInfo> Detectors => _detectors.Detectors;

    /// <inheritdoc/>
    public IReadOnlyList<string> DefaultDetectors => _options.DefaultDetectors;

    /// <summary>Finds the models, and reads the detectors; loads no model yet.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="loggers">Where to report to.</param>
    /// <param name="time">The clock of queues and deadlines.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArgumentException">The options are not valid; the message names the property.</exception>
    /// <exception cref="OrtException">ONNX Runtime's library is missing or too old.</exception>
    public static Task<LocalBackend> CreateAsync(EngineOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation) =>
        CreateAsync(options, null, loggers, time, cancellation);

    /// <inheritdoc cref="CreateAsync(EngineOptions, ILoggerFactory, TimeProvider, CancellationToken)"/>
    /// <param name="options">Valid options.</param>
    /// <param name="vectors">Where embeddings are kept for requests that want it; used, not owned. Null refuses those.</param>
    /// <param name="loggers">Where to report to.</param>
    /// <param name="time">The clock of queues and deadlines.</param>
    /// <param name="cancellation">Gives up.</param>
    public static Task<LocalBackend> CreateAsync(EngineOptions options, IVectorStore? vectors, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation)
    {
        if (options.Validate() is { } wrong)
            throw new ArgumentException(wrong, nameof(options));
        cancellation.ThrowIfCancellationRequested();
        var logger = loggers.CreateLogger<OrtEnvironment>();
        var backend = new LocalBackend(options, vectors, OrtEnvironment.Create(
            (level, message) => Log.OnnxRuntime(logger, (LogLevel)level, message), memory: MemoryBudget.Of(options.MemoryLimit).Models), loggers, time);
        foreach (var (name, directory) in ModelDiscovery.Find(options.ModelDirectories).Concat(options.Models))
            backend._catalogue.Add(name, directory, options.PreferenceOf(directory));
        foreach (var (name, directory) in ModelDiscovery.Find(options.DetectorDirectories, DetectorManifest.IsIn).Concat(options.Detectors))
            backend._detectors.Add(name, directory);
        return Task.FromResult(backend);
    }

    /// <summary>Loads every model found. One that cannot be loaded is <see cref="ModelState.Failed"/>, with the reason; the others serve.</summary>
    public async Task LoadAllAsync(CancellationToken cancellation)
    {
        await _catalogue.LoadAllAsync(cancellation);
        _detectors.Report();
    }

    /// <inheritdoc/>
    public Outcome<ModelInfo> Find(string name, ModelTask? task = null) => task is { } one ? _catalogue.Find(name, null, one) : _catalogue.Find(name, null);

    /// <inheritdoc/>
    public ValueTask<Outcome<TextOutput>> EmbedAsync(EmbedRequest request, CancellationToken cancellation) => request.Upsert is { } target
        ? _keeper.EmbedAsync(request, target, () => OnCurrentVersion(() => EmbedOnceAsync(request, cancellation)), cancellation)
        : OnCurrentVersion(() => EmbedOnceAsync(request, cancellation));

    /// <inheritdoc/>
    public ValueTask<Outcome<TextOutput>> ScoreAsync(ScoreRequest request, CancellationToken cancellation) =>
        OnCurrentVersion(() => ScoreOnceAsync(request, cancellation));

    /// <inheritdoc/>
    public ValueTask<Outcome<SparseOutput>> EmbedSparseAsync(SparseRequest request, CancellationToken cancellation) =>
        OnCurrentVersion(() => EmbedSparseOnceAsync(request, cancellation));

    /// <inheritdoc/>
    public ValueTask<Outcome<EntityOutput>> FindEntitiesAsync(EntityRequest request, CancellationToken cancellation) =>
        OnCurrentVersion(() => FindEntitiesOnceAsync(request, cancellation));

    /// <inheritdoc/>
    public ValueTask<Outcome<DetectOutput>> DetectAsync(DetectRequest request, CancellationToken cancellation) => _detection.DetectAsync(request, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<CompareOutput>> CompareAsync(CompareRequest request, CancellationToken cancellation) => _comparing.CompareAsync(request, cancellation);

    /// <inheritdoc/>
    public ValueTask<Outcome<TensorOutput>> InferAsync(TensorRequest request, CancellationToken cancellation) =>
        OnCurrentVersion(() => InferOnceAsync(request, cancellation));

    /// <inheritdoc/>
    public ValueTask<Outcome<IReadOnlyList<TokenInfo[]>>> TokenizeAsync(string model, IReadOnlyList<string> texts, bool addSpecialTokens, CancellationToken cancellation) =>
        new(TextModel(model).TryGet(out var found, out var error) ? TokenListing.Tokenize(found, texts, addSpecialTokens, cancellation) : error);

    /// <inheritdoc/>
    public ValueTask<Outcome<IReadOnlyList<string>>> DecodeAsync(string model, IReadOnlyList<int[]> ids, bool skipSpecialTokens, CancellationToken cancellation) =>
        new(TextModel(model).TryGet(out var found, out var error) ? TokenListing.Decode(found, ids, skipSpecialTokens, cancellation) : error);

    /// <inheritdoc/>
    public async ValueTask<Outcome<ModelInfo>> LoadAsync(string model, CancellationToken cancellation) => await _catalogue.LoadAsync(model, cancellation);

    /// <inheritdoc/>
    public async ValueTask<Outcome<ModelInfo>> UnloadAsync(string model, CancellationToken cancellation) => await _catalogue.UnloadAsync(model, cancellation);

    /// <summary>How busy a model is; zeros when it is not loaded.</summary>
    /// <param name="model">Its name.</param>
    public ModelLoad LoadOf(string model) => _catalogue.Get(model, null).Value?.Executor.Load ?? default;

    /// <summary>Answers what is in flight, then frees everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await _catalogue.DisposeAsync();
        _heads.Dispose();
        _detectors.Dispose();
        _metrics.Dispose();
    }

    /// <summary>A version that is swapped out between being found and being asked is looked up again, so that a swap fails nobody.</summary>
    private static async ValueTask<Outcome<T>> OnCurrentVersion<T>(Func<ValueTask<Outcome<T>>> once)
        where T : class
    {
        while (true)
        {
            var answer = await once();
            if (!ReferenceEquals(answer.Error, ModelExecutor.Stopping))
                return answer;
        }
    }

    private async ValueTask<Outcome<TextOutput>> EmbedOnceAsync(EmbedRequest request, CancellationToken cancellation)
    {
        if (!_catalogue.Get(request.Model, request.Version, ModelTask.Embedding).TryGet(out var model, out var error))
            return error;
        var info = model.Info;
        if (info.Task != ModelTask.Embedding)
            return WrongTask(info, "embed");
        if (request.PerToken && model.Layout!.Kind != OutputKind.Tokens)
            return new InferenceError(InferenceErrorKind.WrongTask, $"model '{info.Name}' gives no vector a token: its graph pools", "model");
        if (request is { Prompt: not null, PromptName: not null })
            return new InferenceError(InferenceErrorKind.Invalid, "prompt and prompt_name cannot both be given: each says what is put before the texts", "prompt");
        if (!PromptOf(model, request.Prompt, request.PromptName).TryGet(out var prompt, out error))
            return error;

        var output = request.Layer is { } layer ? model.Layout!.LayerNamed(layer, info.Outputs) : 0;
        if (output < 0)
            return new InferenceError(InferenceErrorKind.Invalid, $"layer '{request.Layer}' is not an output of model '{info.Name}' that holds token vectors", "layer");
        var pools = model.Layout!.KindOf(output) == OutputKind.Pooled;
        if (pools && request.Pooling is not (null or Pooling.None))
            return new InferenceError(InferenceErrorKind.Invalid, $"model '{info.Name}' pools in its graph; pooling cannot be chosen", "pooling");
        var pooling = pools ? Pooling.None : request.Pooling is { } asked and not Pooling.None ? asked : info.Pooling == Pooling.None ? Pooling.Mean : info.Pooling;
        // What a detector's file names is the model's own way, whatever more modules that has.
        var own = output == 0 && (request.Pooling is null or Pooling.None || request.Pooling == info.Pooling);
        if (!own && !request.PerToken && model.Manifest.Modules is { After.IsEmpty: false })
            return new InferenceError(InferenceErrorKind.Invalid, $"model '{info.Name}' has modules after its pooling; pooling and layer cannot be chosen", request.Layer is null ? "pooling" : "layer");
        if (pooling == Pooling.Several && !(own && model.Chained))
            return new InferenceError(InferenceErrorKind.Invalid, $"pooling: model '{info.Name}' has several, of which one must be chosen here", "pooling");
        var chained = own && model.Chained && !request.PerToken;
        var most = request.PerToken || (model.Chained && !own) ? model.TokenWidth : info.Dimensions;
        if (request.Dimensions is { } dimensions && (dimensions < 1 || dimensions > most))
            return new InferenceError(InferenceErrorKind.TooLarge, $"dimensions must be 1 to {most}, not {dimensions}", "dimensions");
        var width = request.PerToken ? most : request.Dimensions ?? most;
        var postprocessing = new Postprocessing(pooling, request.Normalize ?? info.Normalize, request.PerToken, output, chained);
        return await RunAsync(model, request, width, prompt, postprocessing, cancellation);
    }

    private async ValueTask<Outcome<TextOutput>> ScoreOnceAsync(ScoreRequest request, CancellationToken cancellation)
    {
        if (!_catalogue.Get(request.Model, request.Version, ModelTask.Classifier, ModelTask.Reranker).TryGet(out var model, out var error))
            return error;
        if (model.Info.Task is not (ModelTask.Classifier or ModelTask.Reranker))
            return WrongTask(model.Info, "score");
        // The reference's cross-encoders put it before the first text of a pair; its pipelines for classifiers know none.
        string? prompt = null;
        if (model.Info.Task == ModelTask.Reranker && model.Manifest.DefaultPrompt is not null && !PromptOf(model, null, null).TryGet(out prompt, out error))
            return error;
        return await RunAsync(model, request, model.Info.Dimensions, prompt, new Postprocessing(Pooling.None, false, false), cancellation);
    }

    private async ValueTask<Outcome<SparseOutput>> EmbedSparseOnceAsync(SparseRequest request, CancellationToken cancellation)
    {
        if (!_catalogue.Get(request.Model, request.Version, ModelTask.Sparse).TryGet(out var model, out var error))
            return error;
        if (model.Info.Task != ModelTask.Sparse)
            return WrongTask(model.Info, "give sparse embeddings");
        if (!PromptOf(model, null, request.PromptName).TryGet(out var prompt, out error))
            return error;
        var postprocessing = new Postprocessing(Pooling.None, false, false, Sparse: model.Manifest.SparsePooling);
        if (!(await RunAsync(model, request, model.Info.Dimensions, prompt, postprocessing, cancellation)).TryGet(out var output, out error))
            return error;
        using (output)
            return new SparseOutput(output.Version, output.Sparse!, output.TotalTokens);
    }

    private async ValueTask<Outcome<EntityOutput>> FindEntitiesOnceAsync(EntityRequest request, CancellationToken cancellation)
    {
        if (!_catalogue.Get(request.Model, request.Version, ModelTask.TokenClassifier).TryGet(out var model, out var error))
            return error;
        if (model.Info.Task != ModelTask.TokenClassifier)
            return WrongTask(model.Info, "label tokens");
        var finding = new EntityFinding(model, request);
        if (finding.Check() is { } wrong)
            return wrong;
        if (!(await RunAsync(model, request, model.Info.Dimensions, null, EntityFinding.Postprocessing, cancellation, finding.Encoded)).TryGet(out var output, out error))
            return error;
        using (output)
            return finding.Answer(output);
    }

    private async ValueTask<Outcome<TensorOutput>> InferOnceAsync(TensorRequest request, CancellationToken cancellation)
    {
        if (!_catalogue.Get(request.Model, request.Version).TryGet(out var model, out var error))
            return error;
        if (TensorCheck.Check(request, model.Info) is { } wrong)
            return wrong;
        var timeout = request.Timeout ?? _options.RequestTimeout;
        var item = new TensorItem(request, model.Info.Digest) { Length = TensorCheck.Cost(request), Priority = request.Priority, Exclusive = true };
        if ((model.RawRuns.Check(request) ?? model.Executor.Submit(item, timeout)) is { } refused)
            return refused;
        await using var cancelled = cancellation.UnsafeRegister(_ =>
        {
            model.Executor.Abandon(item);
            item.Abandon(null, cancellation);
        }, null);
        await using var deadline = request.Timeout is null ? null : _time.CreateTimer(
            _ =>
            {
                model.Executor.Abandon(item);
                item.Abandon(ModelExecutor.Late, default);
            },
            null, timeout, Timeout.InfiniteTimeSpan);
        var answer = await item.Answer;
        if (answer.Value is { } output)
            model.RawRuns.Ran(request, output);
        return answer;
    }

    /// <summary>What is put before every text; empty for nothing.</summary>
    private static Outcome<string> PromptOf(LoadedModel model, string? prompt, string? name)
    {
        // It is put before every text of the request: one of megabytes would be copied for each.
        if (prompt is not null && prompt.Length > TextEncoder.MostCharacters(model.Info.MaxLength))
            return new InferenceError(InferenceErrorKind.TooLarge, $"prompt has {prompt.Length} characters, more than the {model.Info.MaxLength} tokens of the model's longest text can be", "prompt");
        if (prompt is not null)
            return prompt;
        name ??= model.Manifest.DefaultPrompt;
        if (name is null)
            return "";
        return model.Info.Prompts.TryGetValue(name, out var named)
            ? named
            : new InferenceError(InferenceErrorKind.TooLarge, $"prompt_name '{name}' is not one of the model's: {string.Join(", ", model.Info.Prompts.Keys)}", "prompt_name");
    }

    private Outcome<LoadedModel> TextModel(string name)
    {
        if (!_catalogue.Get(name, null, ModelLookup.TextTasks).TryGet(out var model, out var error))
            return error;
        return model.Tokenizer is null ? new InferenceError(InferenceErrorKind.WrongTask, $"model '{model.Info.Name}' has no tokenizer", "model") : model;
    }

    private static InferenceError WrongTask(ModelInfo info, string verb) =>
        new(InferenceErrorKind.WrongTask, $"model '{info.Name}' does not {verb}: its task is {ModelLookup.TaskOf(info)}", "model");

    private async ValueTask<Outcome<TextOutput>> RunAsync(
        LoadedModel model, TextRequest request, int dimensions, string? prompt, Postprocessing postprocessing, CancellationToken cancellation, Action<int, Encoding>? encoded = null)
    {
        if (request.Inputs.Count == 0)
            return new InferenceError(InferenceErrorKind.Empty, "inputs is empty", "inputs");
        var timeout = request.Timeout ?? _options.RequestTimeout;
        if (model.Executor.CheckLoad(request.Priority, timeout) is { } busy)
            return busy;
        if (!TextEncoder.EncodeAll(model, request, dimensions, prompt, postprocessing, encoded, cancellation).TryGet(out var items, out var error))
            return error;
        var job = items[0].Job;
        if (model.Executor.Submit(items, request.Priority, timeout) is { } refused)
        {
            job.Output.Dispose();
            return refused;
        }

        await using var cancelled = cancellation.UnsafeRegister(_ =>
        {
            if (job.Abandon(null, cancellation))
                model.Executor.Abandon(items);
        }, null);
        // The queue drops what expires when it next forms a batch; a caller with a deadline of its own is told on time.
        await using var deadline = request.Timeout is null ? null : _time.CreateTimer(
            _ =>
            {
                if (job.Abandon(ModelExecutor.Late, default))
                    model.Executor.Abandon(items);
            },
            null, timeout, Timeout.InfiniteTimeSpan);
        return await job.Answer;
    }
}
