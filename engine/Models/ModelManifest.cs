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

    /// <summary>Without a message; for serializers.</summary>
    public ModelFormatException()
    {
    }
}

/// <summary>
/// What a model's configuration files say, before the graph is read. Sources, weakest first: config.json,
/// config_sentence_transformers.json, sentence_bert_config.json, modules.json with 1_Pooling/config.json, orrery.json.
/// </summary>
internal sealed record ModelManifest
{
    /// <summary>The task that orrery.json or config.json's architectures tell; null leaves it to the graph.</summary>
    public ModelTask? Task { get; init; }

    /// <summary>What the architecture's logits are a token, where the graph gives such: labels or a vocabulary; null when it has no such head.</summary>
    public ModelTask? TokenHead { get; init; }

    /// <summary>What makes scores of a classifier's logits.</summary>
    public ScoreFunction ScoreFunction { get; init; }

    /// <summary>How a sparse model's logits become weights.</summary>
    public SparsePooling SparsePooling { get; init; }

    public Pooling? Pooling { get; init; }

    public bool? Normalize { get; init; }

    /// <summary>Tokens the pipeline cuts at, by sentence_bert_config.json or orrery.json; null when neither says.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Tokens the tokenizer cuts at, by tokenizer_config.json; null when it does not say.</summary>
    public int? TokenizerMaxLength { get; init; }

    /// <summary>Ids the graph's embedding table holds, by config.json; null when it does not say.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>Tokens the positions of the graph reach; null when no file says.</summary>
    public int? MaxPositions { get; init; }

    public ImmutableArray<string> Labels { get; init; } = [];

    public ImmutableDictionary<string, string> Prompts { get; init; } = ImmutableDictionary<string, string>.Empty;

    public string? DefaultPrompt { get; init; }

    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>The kind of silo that a cluster runs it on: cpu or gpu.</summary>
    public string Pool { get; init; } = "cpu";

    /// <summary>Whether a cluster without a gpu silo may run it on cpu ones.</summary>
    public bool Fallback { get; init; }

    /// <summary>Reads a directory's files.</summary>
    /// <exception cref="ModelFormatException">A file is not JSON, or a value is of the wrong kind or out of range.</exception>
    public static ModelManifest Read(ModelFiles files)
    {
        var manifest = new ModelManifest();
        manifest = With(manifest, files, "config.json", Config);
        manifest = With(manifest, files, "tokenizer_config.json", TokenizerConfig);
        manifest = With(manifest, files, "config_sentence_transformers.json", SentenceTransformers);
        manifest = With(manifest, files, "sentence_bert_config.json", SentenceBert);
        manifest = With(manifest, files, "pooling_config.json", PoolingConfig);
        manifest = With(manifest, files, "1_Pooling/config.json", PoolingConfig);
        manifest = With(manifest, files, "modules.json", Modules);
        manifest = SparseModule.Apply(manifest, files);
        return With(manifest, files, "orrery.json", Override);
    }

    /// <summary>The graph that orrery.json names; null when it names none. A broken orrery.json is reported when the model is read.</summary>
    public static string? GraphOf(string directory)
    {
        var path = Path.Combine(directory, "orrery.json");
        if (!File.Exists(path))
            return null;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), ConfigJson.Lenient);
            return new ConfigJson(document.RootElement, "orrery.json").String("file");
        }
        catch (Exception e) when (e is JsonException or ModelFormatException)
        {
            return null;
        }
    }

    private static ModelManifest With(ModelManifest manifest, ModelFiles files, string name, Func<ModelManifest, ConfigJson, ModelManifest> read)
    {
        var path = files.PathOf(name);
        if (!File.Exists(path))
            return manifest;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), ConfigJson.Lenient);
            return read(manifest, new ConfigJson(document.RootElement, name));
        }
        catch (JsonException e)
        {
            throw new ModelFormatException($"{name} is not JSON: {e.Message}", e);
        }
    }

    private static ModelManifest Config(ModelManifest manifest, ConfigJson json)
    {
        var architecture = json.Strings("architectures") is [var first, ..] ? first : "";
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
        // RoBERTa's positions start after the padding id, so its table is that much longer than the texts may be.
        var positions = json.Int("max_position_embeddings");
        if (positions is not null && json.String("model_type") is "roberta" or "xlm-roberta" or "camembert" or "mpnet")
            positions -= (json.Int("pad_token_id") ?? 1) + 1;
        return manifest with
        {
            Task = task,
            TokenHead = head,
            Labels = task is ModelTask.Classifier or ModelTask.Reranker || head is ModelTask.TokenClassifier ? labels : [],
            ScoreFunction = task is ModelTask.Classifier or ModelTask.Reranker ? ParseProblem(json) : default,
            MaxPositions = positions,
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
        json.Number("model_max_length") is { } length and > 0 and < 1_000_000 ? manifest with { TokenizerMaxLength = (int)length } : manifest;

    private static ModelManifest SentenceTransformers(ModelManifest manifest, ConfigJson json) => manifest with
    {
        Prompts = json.Texts("prompts"),
        DefaultPrompt = json.String("default_prompt_name"),
    };

    private static ModelManifest SentenceBert(ModelManifest manifest, ConfigJson json) =>
        json.Int("max_seq_length") is { } length and > 0 ? manifest with { MaxLength = length } : manifest;

    private static ModelManifest PoolingConfig(ModelManifest manifest, ConfigJson json)
    {
        (string Key, Pooling Pooling)[] modes =
        [
            ("pooling_mode_cls_token", Orrery.Engine.Pooling.Cls),
            ("pooling_mode_mean_tokens", Orrery.Engine.Pooling.Mean),
            ("pooling_mode_max_tokens", Orrery.Engine.Pooling.Max),
            ("pooling_mode_lasttoken", Orrery.Engine.Pooling.LastToken),
        ];
        Pooling? chosen = null;
        foreach (var (key, pooling) in modes)
        {
            if (json.Bool(key) != true)
                continue;
            if (chosen is not null)
                throw new ModelFormatException($"{json.File}: {key}: several pooling modes at once are not supported");
            chosen = pooling;
        }

        return manifest with { Task = manifest.Task ?? ModelTask.Embedding, Pooling = chosen ?? manifest.Pooling };
    }

    private static ModelManifest Modules(ModelManifest manifest, ConfigJson json) => manifest with
    {
        Task = manifest.Task ?? ModelTask.Embedding,
        Normalize = json.AnyItemEndsWith("type", ".Normalize"),
    };

    private static ModelManifest Override(ModelManifest manifest, ConfigJson json) => manifest with
    {
        Task = json.Enumeration<ModelTask>("task") ?? manifest.Task,
        Pooling = json.String("pooling") is { } pooling ? ParsePooling(pooling, "orrery.json") : manifest.Pooling,
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
        _ => throw new ModelFormatException($"{file}: pooling: '{name}' is not one of mean, cls, max, last-token"),
    };
}
