using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Engine.Execution;

namespace Orrery.Engine.Models;

/// <summary>A model's files do not say what is needed, or contradict each other. The message names the file and the key.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>With a sentence that says what is wrong and where.</summary>
    public ModelFormatException(string message)
        : base(message)
    {
    }

    /// <summary>With the cause.</summary>
    public ModelFormatException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>A sentence on why a model cannot be read, whatever was thrown while it was.</summary>
    internal static string Reason(Exception e) => e is ModelFormatException or IOException or UnauthorizedAccessException or Tokenization.TokenizerFormatException
        ? e.Message
        : $"its files cannot be read ({e.GetType().Name}: {e.Message})";

    /// <summary>Without a message; for serializers.</summary>
    public ModelFormatException()
    {
    }
}

/// <summary>
/// What a model's configuration files say, before the graph is read. Sources, weakest first: config.json, tokenizer_config.json,
/// config_sentence_transformers.json, sentence_bert_config.json, modules.json with what it names, orrery.json.
/// </summary>
internal sealed record ModelManifest
{
    // By config.json's model_type: families that number positions from the padding id on, so that their tables are that much longer than
    // texts may be (transformers' create_position_ids_from_input_ids).
    private static readonly ImmutableHashSet<string> _afterPadding =
    [
        "roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "roberta-prelayernorm", "xmod", "data2vec-text", "longformer", "luke", "mluke",
        "ibert", "esm", "markuplm", "layoutlmv3",
    ];

    /// <summary>The task that orrery.json or config.json's architectures tell; null leaves it to the graph.</summary>
    public ModelTask? Task { get; init; }

    /// <summary>What the architecture's logits are a token, where the graph gives such: labels or a vocabulary; null when it has no such head.</summary>
    public ModelTask? TokenHead { get; init; }

    /// <summary>What makes scores of a classifier's logits.</summary>
    public ScoreFunction ScoreFunction { get; init; }

    /// <summary>How a sparse model's logits become weights.</summary>
    public SparsePooling SparsePooling { get; init; }

    /// <summary>How token vectors become one, where no modules say: by config.json or orrery.json.</summary>
    public Pooling? Pooling { get; init; }

    /// <summary>What becomes of token vectors, by modules.json or a pooling file; null when neither says.</summary>
    public SentenceModules? Modules { get; init; }

    public bool? Normalize { get; init; }

    /// <summary>Components that are kept of an embedding unless a request says otherwise; null for all.</summary>
    public int? TruncateDimensions { get; init; }

    /// <summary>Whether texts are made lower case before the tokenizer sees them, whatever it does by itself.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Tokens the pipeline cuts at, by sentence_bert_config.json or orrery.json; null when neither says.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Tokens the tokenizer cuts at, by tokenizer_config.json; null when it does not say.</summary>
    public int? TokenizerMaxLength { get; init; }

    /// <summary>Ids the graph's embedding table holds, by config.json; null when it does not say.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>Tokens the positions of the graph reach; null when no file says.</summary>
    public int? MaxPositions { get; init; }

    /// <summary>The number of the first token's position: RoBERTa and its kin begin after the padding id.</summary>
    public int FirstPosition { get; init; }

    /// <summary>What <see cref="MaxPositions"/> was taken to be before all of RoBERTa's kin were known; see <see cref="ReadingChanges"/>.</summary>
    public int? FormerMaxPositions { get; init; }

    /// <summary>What a cross-encoder's release applies to its logits: the full name of PyTorch's class; null when no file says.</summary>
    public string? Activation { get; init; }

    /// <summary>What makes a score of the one logit of a cross-encoder. Where there are more labels it is transformers' pipeline that users see.</summary>
    /// <exception cref="ModelFormatException">It is none that is known.</exception>
    public ScoreFunction OfOneLabel() => Activation?.Split('.') switch
    {
        null => ScoreFunction,
        ["torch", .., "Identity"] => ScoreFunction.Identity,
        ["torch", .., "Sigmoid" or "Softmax"] => ScoreFunction.Sigmoid,
        _ => throw new ModelFormatException($"config.json or config_sentence_transformers.json: activation_fn: '{Activation}' is not one of torch's Identity, Sigmoid and Softmax"),
    };

    public ImmutableArray<string> Labels { get; init; } = [];

    public ImmutableDictionary<string, string> Prompts { get; init; } = ImmutableDictionary<string, string>.Empty;

    public string? DefaultPrompt { get; init; }

    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>The kind of silo that a cluster runs it on: cpu or gpu.</summary>
    public string Pool { get; init; } = "cpu";

    /// <summary>Whether a cluster without a gpu silo may run it on cpu ones.</summary>
    public bool Fallback { get; init; }

    /// <summary>Reads a directory's files.</summary>
    /// <exception cref="ModelFormatException">A file is not JSON, or a value is of the wrong kind, out of range or not understood.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ModelManifest Read(ModelFiles files)
    {
        var manifest = new ModelManifest();
        manifest = With(manifest, files, files.TextFile("config.json"), Config);
        manifest = With(manifest, files, files.TextFile("tokenizer_config.json"), TokenizerConfig);
        manifest = With(manifest, files, "config_sentence_transformers.json", SentenceTransformers);
        if (ModelFiles.SentenceConfigs.Select(files.TextFile).FirstOrDefault(files.Paths.Has) is { } sentence)
            manifest = With(manifest, files, sentence, SentenceBert);
        if (SentenceModules.Read(files) is { } modules)
        {
            // A pooling makes an embedder of whatever architecture: Qwen3-Embedding's is called a causal language model.
            var task = files.Modules is null && manifest.Task is ModelTask.Classifier or ModelTask.Reranker ? manifest.Task : ModelTask.Embedding;
            manifest = manifest with { Task = task, Modules = modules, Pooling = modules.Pooling, Normalize = files.Modules is null ? null : modules.Normalize };
        }

        manifest = SparseModule.Apply(manifest, files);
        // A score is a logit, or what one of these makes of it: another function would give others.
        if (manifest.Task is ModelTask.Classifier or ModelTask.Reranker)
            _ = manifest.OfOneLabel();
        if (manifest.Task is ModelTask.Reranker)
            manifest = manifest with { ScoreFunction = manifest.OfOneLabel() };
        return With(manifest, files, "orrery.json", Override);
    }

    private static ModelManifest With(ModelManifest manifest, ModelFiles files, string name, Func<ModelManifest, ConfigJson, ModelManifest> read) =>
        files.Paths.ReadJson(name) is { } json ? read(manifest, json) : manifest;

    /// <summary>Most positions that the graph has; null when no file says, or says that there is no limit.</summary>
    private static int? Positions(ConfigJson json)
    {
        foreach (var key in (string[])["max_position_embeddings", "n_positions"])
        {
            // XLNet and T5's kin write -1.
            if (json.Number(key) is { } number)
                return number is -1 ? null : json.Int(key);
        }

        return null;
    }

    private static ModelManifest Config(ModelManifest manifest, ConfigJson json)
    {
        var architecture = json.Strings("architectures") is [var one, ..] ? one : "";
        var labels = json.Labels("id2label");
        var labelCount = labels.Length > 0 ? labels.Length : json.Int("num_labels") ?? 0;
        ModelTask? task = architecture switch
        {
            _ when architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal) =>
                labelCount == 1 ? ModelTask.Reranker : ModelTask.Classifier,
            _ when architecture.EndsWith("ForCausalLM", StringComparison.Ordinal) => ModelTask.Tensor,
            _ => null,
        };
        ModelTask? head = architecture switch
        {
            _ when architecture.EndsWith("ForTokenClassification", StringComparison.Ordinal) => ModelTask.TokenClassifier,
            _ when architecture.EndsWith("ForMaskedLM", StringComparison.Ordinal) => ModelTask.Sparse,
            _ => null,
        };
        var positions = Positions(json);
        var first = json.String("model_type") is { } family && _afterPadding.Contains(family) ? (json.Int("pad_token_id") ?? 1) + 1 : 0;
        var former = json.String("model_type") is "roberta" or "xlm-roberta" or "camembert" or "mpnet" ? positions - first : positions;
        return manifest with
        {
            Task = task,
            TokenHead = head,
            // Of a head without a name it is the graph that tells that there is one.
            Labels = labels,
            ScoreFunction = ParseProblem(json),
            MaxPositions = positions - first,
            FormerMaxPositions = former,
            FirstPosition = first,
            Activation = json.Object("sentence_transformers")?.String("activation_fn") ?? json.String("sbert_ce_default_activation_function"),
            VocabularySize = json.Int("vocab_size"),
            Pooling = json.String("pooling") is { } pooling ? ParsePooling(pooling, "config.json") : null,
        };
    }

    /// <summary>As transformers' TextClassificationPipeline chooses: a regression's value is the answer, one label is judged by itself.</summary>
    private static ScoreFunction ParseProblem(ConfigJson json) => json.String("problem_type") switch
    {
        null or "single_label_classification" => ScoreFunction.Softmax,
        "regression" => ScoreFunction.Identity,
        "multi_label_classification" => ScoreFunction.Sigmoid,
        var other => throw new ModelFormatException($"config.json: problem_type: '{other}' is not one of single_label_classification, multi_label_classification, regression"),
    };

    private static ModelManifest TokenizerConfig(ModelManifest manifest, ConfigJson json) =>
        // Files without a limit write 1e30 here.
        (json.Number("model_max_length") ?? json.Number("max_len")) is { } length and > 0 and < 1_000_000 ? manifest with { TokenizerMaxLength = (int)length } : manifest;

    private static ModelManifest SentenceTransformers(ModelManifest manifest, ConfigJson json)
    {
        var prompts = json.Texts("prompts");
        var chosen = json.String("default_prompt_name");
        if (chosen is not null && !prompts.ContainsKey(chosen))
            throw new ModelFormatException($"{json.File}: default_prompt_name: '{chosen}' is not one of its prompts: {string.Join(", ", prompts.Keys)}");
        return manifest with
        {
            Prompts = prompts,
            DefaultPrompt = chosen,
            TruncateDimensions = json.Int("truncate_dim") is { } kept ? kept > 0 ? kept : throw json.Wrong("truncate_dim", "a number above 0") : null,
            Activation = json.String("activation_fn") ?? manifest.Activation,
        };
    }

    private static ModelManifest SentenceBert(ModelManifest manifest, ConfigJson json)
    {
        if (json.String("transformer_task") is { } task and not ("feature-extraction" or "sequence-classification" or "fill-mask" or "token-classification"))
            throw new ModelFormatException($"{json.File}: transformer_task: '{task}' is not understood");
        if (json.String("transformer_task") is null or "feature-extraction" && json.String("module_output_name") is { } output and not "token_embeddings")
            throw new ModelFormatException($"{json.File}: module_output_name: '{output}' is not understood: a transformer gives token_embeddings");
        foreach (var key in (string[])["query_length", "document_length", "query_expansion", "processing_kwargs"])
        {
            if (json.Any(key) is { } value && !(value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any()))
                throw new ModelFormatException($"{json.File}: {key}: this is not understood");
        }

        var length = json.Int("max_seq_length");
        foreach (var key in (string[])["tokenizer_args", "processor_kwargs"])
            length = json.Object(key)?.Int("model_max_length") ?? length;
        return manifest with { MaxLength = length > 0 ? length : manifest.MaxLength, LowerCase = json.Bool("do_lower_case") ?? false };
    }

    private static ModelManifest Override(ModelManifest manifest, ConfigJson json) => manifest with
    {
        Task = json.Enumeration<ModelTask>("task") ?? manifest.Task,
        Pooling = json.String("pooling") is { } pooling ? ParsePooling(pooling, "orrery.json") : manifest.Pooling,
        Modules = json.Has("pooling") && manifest.Modules is { } modules ? modules with { Poolings = [ParsePooling(json.String("pooling")!, "orrery.json")], Place = "orrery.json: pooling" } : manifest.Modules,
        Normalize = json.Bool("normalize") ?? manifest.Normalize,
        MaxLength = json.Int("max_length") ?? manifest.MaxLength,
        Labels = json.Strings("labels") is { Length: > 0 } labels ? labels : manifest.Labels,
        Prompts = json.Has("prompts") ? json.Texts("prompts") : manifest.Prompts,
        DefaultPrompt = json.String("default_prompt") ?? manifest.DefaultPrompt,
        Aliases = json.Strings("aliases"),
        Pool = json.String("pool") is { } pool ? ParsePool(pool) : manifest.Pool,
        Fallback = json.Bool("fallback") ?? manifest.Fallback,
    };

    private static string ParsePool(string pool) =>
        pool is "cpu" or "gpu" ? pool : throw new ModelFormatException($"orrery.json: pool: '{pool}' is not one of cpu, gpu");

    internal static Pooling ParsePooling(string name, string file) => name switch
    {
        "mean" => Orrery.Engine.Pooling.Mean,
        "cls" => Orrery.Engine.Pooling.Cls,
        "max" => Orrery.Engine.Pooling.Max,
        "last-token" or "lasttoken" or "last" => Orrery.Engine.Pooling.LastToken,
        "mean-sqrt-length" => Orrery.Engine.Pooling.MeanSqrtLength,
        "weighted-mean" => Orrery.Engine.Pooling.WeightedMean,
        _ => throw new ModelFormatException($"{file}: pooling: '{name}' is not one of mean, cls, max, last-token, mean-sqrt-length, weighted-mean"),
    };
}
