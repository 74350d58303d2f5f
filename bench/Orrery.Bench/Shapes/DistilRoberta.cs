using System.Text.Json;
using System.Text.Json.Nodes;
using ElementType = Orrery.Onnx.TensorProto.Types.DataType;

namespace Orrery.Bench.Shapes;

/// <summary>
/// An encoder of DistilRoBERTa's shape with weights from a seed: speed depends on the shape and not on what was learned, and no package
/// carries the real one. The arithmetic is that of RoBERTa (Liu et al. 2019) as Hugging Face's checkpoints carry it, in the operators that
/// PyTorch's exporter writes, so that ONNX Runtime fuses what it fuses there.
/// </summary>
internal static class DistilRoberta
{
    private const int Vocabulary = 50265;
    private const int Width = 768;
    private const int Layers = 6;
    private const int Heads = 12;
    private const int Inner = 3072;
    private const int Positions = 514;
    private const int Pad = 1;
    private const float Epsilon = 1e-5f;
    private static readonly JsonSerializerOptions _json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the model's directory.</summary>
    /// <param name="directory">Made anew.</param>
    /// <param name="gpt2">A tokenizer.json with GPT-2's 50,257 pieces, which RoBERTa's vocabulary has between its special tokens.</param>
    public static void Write(string directory, string gpt2)
    {
        var making = $"{directory}.{Environment.ProcessId}";
        Directory.CreateDirectory(Path.Combine(making, "onnx"));
        Directory.CreateDirectory(Path.Combine(making, "1_Pooling"));
        Graph(seed: 1).Save(Path.Combine(making, "onnx", "model.onnx"));
        File.WriteAllText(Path.Combine(making, "tokenizer.json"), Tokenizer(JsonNode.Parse(File.ReadAllBytes(gpt2))!).ToJsonString(_json));
        Write("config.json", new
        {
            architectures = new[] { "RobertaModel" },
            model_type = "roberta",
            vocab_size = Vocabulary,
            hidden_size = Width,
            num_hidden_layers = Layers,
            num_attention_heads = Heads,
            intermediate_size = Inner,
            max_position_embeddings = Positions,
            type_vocab_size = 1,
            pad_token_id = Pad,
            layer_norm_eps = Epsilon,
            hidden_act = "gelu",
        });
        Write("tokenizer_config.json", new
        {
            tokenizer_class = "RobertaTokenizer",
            model_max_length = 512,
            add_prefix_space = false,
            bos_token = "<s>",
            cls_token = "<s>",
            eos_token = "</s>",
            sep_token = "</s>",
            pad_token = "<pad>",
            unk_token = "<unk>",
            mask_token = "<mask>",
        });
        Write("1_Pooling/config.json", new { word_embedding_dimension = Width, pooling_mode_mean_tokens = true });
        (string Path, string Type)[] modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")];
        Write("modules.json", modules.Select((module, i) => new { idx = i, name = $"{i}", path = module.Path, type = $"sentence_transformers.models.{module.Type}" }));
        Write("sentence_bert_config.json", new { max_seq_length = 512, do_lower_case = false });
        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
        Directory.Move(making, directory);

        void Write<T>(string name, T content) => File.WriteAllBytes(Path.Combine(making, name), JsonSerializer.SerializeToUtf8Bytes(content));
    }

    private static EncoderGraph Graph(int seed)
    {
        var graph = new EncoderGraph(seed);
        var (ids, attention) = (graph.Input("input_ids"), graph.Input("attention_mask"));
        var states = Embeddings(graph, ids);
        var one = graph.Scalar("one", 1);
        var mask = graph.Cast("mask.float", graph.Node("Unsqueeze", "mask.2", graph.Node("Unsqueeze", "mask.1", attention, graph.Integers("axis.1", 1)), graph.Integers("axis.2", 2)), ElementType.Float);
        mask = graph.Node("Mul", "mask", graph.Node("Sub", "mask.inverse", one, mask), graph.Scalar("lowest", float.MinValue));
        for (var layer = 0; layer < Layers; layer++)
            states = Layer(graph, $"layer.{layer}", states, mask, one, last: layer == Layers - 1);
        graph.Output(states, Width);
        return graph;
    }

    private static string Embeddings(EncoderGraph graph, string ids)
    {
        // Positions count from the padding id + 1 over the ids that are not padding.
        var pad = graph.Integers("pad", Pad);
        var real = graph.Cast("real", graph.Node("Not", "not_pad", graph.Node("Equal", "is_pad", ids, pad)), ElementType.Int64);
        var positions = graph.Node("Add", "positions", graph.Node("Mul", "positions.real", graph.Node("CumSum", "positions.sum", real, graph.Integers("axis.sum", 1)), real), pad);
        var words = graph.Node("Gather", "words", graph.Weights("embeddings.word", 1, 0, Vocabulary, Width), ids);
        var typed = graph.Node("Add", "typed", words, graph.Weights("embeddings.type", 0.3f, 0, Width));
        var placed = graph.Node("Add", "placed", typed, graph.Node("Gather", "places", graph.Weights("embeddings.position", 0.3f, 0, Positions, Width), positions));
        return graph.LayerNorm("embeddings", placed, Width, Epsilon);
    }

    private static string Layer(EncoderGraph graph, string name, string states, string mask, string one, bool last)
    {
        var split = graph.Integers($"{name}.split", 0, 0, Heads, Width / Heads);
        var query = graph.Transpose($"{name}.query.heads", Split("query"), 0, 2, 1, 3);
        var key = graph.Transpose($"{name}.key.heads", Split("key"), 0, 2, 3, 1);
        var value = graph.Transpose($"{name}.value.heads", Split("value"), 0, 2, 1, 3);
        var scores = graph.Node("Div", $"{name}.scaled", graph.Node("MatMul", $"{name}.scores", query, key), graph.Scalar($"{name}.scale", MathF.Sqrt(Width / Heads)));
        var chances = graph.Softmax($"{name}.chances", graph.Node("Add", $"{name}.masked", scores, mask));
        var context = graph.Transpose($"{name}.context.heads", graph.Node("MatMul", $"{name}.context", chances, value), 0, 2, 1, 3);
        context = graph.Node("Reshape", $"{name}.context.joined", context, graph.Integers($"{name}.join", 0, 0, Width));
        var attended = graph.LayerNorm($"{name}.attended", graph.Node("Add", $"{name}.attended.sum", graph.Linear($"{name}.attended.dense", context, Width, Width), states), Width, Epsilon);

        var inner = graph.Linear($"{name}.inner", attended, Width, Inner);
        // GELU by the error function.
        var erf = graph.Node("Erf", $"{name}.erf", graph.Node("Div", $"{name}.erf.in", inner, graph.Scalar($"{name}.root", MathF.Sqrt(2))));
        var gelu = graph.Node("Mul", $"{name}.gelu", graph.Node("Mul", $"{name}.gelu.twice", inner, graph.Node("Add", $"{name}.erf.one", erf, one)), graph.Scalar($"{name}.half", 0.5f));
        var sum = graph.Node("Add", $"{name}.out.sum", graph.Linear($"{name}.out.dense", gelu, Inner, Width), attended);
        return graph.LayerNorm(last ? "last_hidden_state" : $"{name}.out", sum, Width, Epsilon);

        string Split(string part) => graph.Node("Reshape", $"{name}.{part}.split", graph.Linear($"{name}.{part}", states, Width, Width), split);
    }

    /// <summary>RoBERTa's tokenizer over GPT-2's pieces: four special tokens before them, three unused entries and the mask token after.</summary>
    private static JsonObject Tokenizer(JsonNode gpt2)
    {
        var pieces = gpt2["model"]!["vocab"]!.AsObject().OrderBy(one => one.Value!.GetValue<int>()).Select(one => one.Key);
        string[] entries = ["<s>", "<pad>", "</s>", "<unk>", .. pieces, "madeupword0000", "madeupword0001", "madeupword0002", "<mask>"];
        if (entries.Length != Vocabulary)
            throw new InvalidOperationException($"RoBERTa has {Vocabulary} pieces, and this vocabulary makes {entries.Length}");
        int[] special = [0, 1, 2, 3, Vocabulary - 1];
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. special.Select(id => (JsonNode)new JsonObject
            {
                ["id"] = id, ["content"] = entries[id], ["single_word"] = false, ["lstrip"] = id == Vocabulary - 1, ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
            })]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = ByteLevel(prefix: false),
            ["post_processor"] = new JsonObject
            {
                ["type"] = "RobertaProcessing",
                ["sep"] = new JsonArray("</s>", 2),
                ["cls"] = new JsonArray("<s>", 0),
                ["trim_offsets"] = true,
                ["add_prefix_space"] = false,
            },
            ["decoder"] = ByteLevel(prefix: true),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = "",
                ["end_of_word_suffix"] = "",
                ["fuse_unk"] = false,
                ["vocab"] = new JsonObject(entries.Select((piece, id) => KeyValuePair.Create(piece, (JsonNode?)id))),
                ["merges"] = gpt2["model"]!["merges"]!.DeepClone(),
            },
        };

        static JsonObject ByteLevel(bool prefix) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = prefix, ["trim_offsets"] = true, ["use_regex"] = true };
    }
}
