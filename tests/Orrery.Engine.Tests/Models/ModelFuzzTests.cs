using Google.Protobuf;
using Orrery.Engine.Models;
using Orrery.Engine.Tests.Support;
using Orrery.Onnx;

namespace Orrery.Engine.Tests.Models;

/// <summary>Whatever is in a model's JSON files refuses that model, by a sentence, and nothing else happens.</summary>
public sealed class ModelFuzzTests : IDisposable
{
    private const int Mutations = 10_000;

    private static readonly byte[][] _dictionary =
    [
        "\"\\ud800\""u8.ToArray(), "\"\\udfff\\ud800\""u8.ToArray(), [(byte)'"', 0xFF, 0xFE, (byte)'"'], "null"u8.ToArray(), "-1"u8.ToArray(), "1e999"u8.ToArray(),
        "99999999999999999999"u8.ToArray(), "[]"u8.ToArray(), "{}"u8.ToArray(), "[[[[[[[["u8.ToArray(), "true"u8.ToArray(), "\"\""u8.ToArray(), "0.5"u8.ToArray(), "\"../../x\""u8.ToArray(),
        "\"a\\u0000b\""u8.ToArray(), "2147483647"u8.ToArray(), [0], "\"Sequence\""u8.ToArray(), "\"(a+)+$\""u8.ToArray(),
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Lives_on_whatever_is_in_a_models_files()
    {
        var model = Repository.Copy(Repository.Fixture("models", "tiny-mean"), Path.Combine(_root, "model"));
        File.WriteAllText(Path.Combine(model, "orrery.json"), """{"aliases": ["one"], "pooling": "mean", "file": "onnx/model.onnx", "max_length": 32}""");
        File.WriteAllText(Path.Combine(model, "config_sentence_transformers.json"), """{"prompts": {"query": "query: "}, "default_prompt_name": null, "truncate_dim": 8}""");
        Write("2_Dense/config.json", """{"in_features": 32, "out_features": 8, "bias": true, "activation_function": "torch.nn.modules.activation.Tanh"}""");
        // The graph is not what is mutated, and hashing and reading it is most of the time.
        File.WriteAllBytes(Path.Combine(model, "onnx", "model.onnx"), new ModelOutline { Graph = new GraphOutline() }.ToByteArray());
        SmallTokenizer(Path.Combine(model, "tokenizer.json"));
        var names = Directory.EnumerateFiles(model, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
        var random = new Random(13);
        var files = names.ToDictionary(name => name, File.ReadAllBytes);
        for (var i = 0; i < Mutations; i++)
        {
            var name = names[i % names.Length];
            var mutated = Mutate(files[name], random);
            File.WriteAllBytes(name, mutated);
            var read = new ModelStore().Scan([_root], default);
            Assert.True(read.Count <= 1 && read.All(one => one.Digest.Length == 64 || one.Reason!.Length > 0), Convert.ToHexString(mutated));
            File.WriteAllBytes(name, files[name]);
        }

        void Write(string name, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(model, name))!);
            File.WriteAllText(Path.Combine(model, name), text);
        }
    }

    [Theory]
    [InlineData("config.json", "{\"model_type\": \"\\ud800\"}")]
    [InlineData("config.json", "{\"\\udc00\": 1}")]
    [InlineData("orrery.json", "{\"file\": \"\\ud800.onnx\"}")]
    [InlineData("orrery.json", "{\"pooling\": \"\\ud800\"}")]
    [InlineData("orrery.json", "[1]")]
    [InlineData("orrery.json", "{\"task\": \"\"}")]
    [InlineData("modules.json", "{\"a\": 1}")]
    [InlineData("modules.json", "[5]")]
    [InlineData("1_Pooling/config.json", "5")]
    [InlineData("tokenizer_config.json", "{\"pad_token\": 7, \"tokenizer_class\": []}")]
    public void Refuses_by_the_files_name(string name, string text)
    {
        var model = Repository.Copy(Repository.Fixture("models", "tiny-mean"), Path.Combine(_root, "model"));
        File.WriteAllText(Path.Combine(model, name), text);
        Assert.Contains(name, Assert.Single(new ModelStore().Scan([_root], default)).Reason, StringComparison.Ordinal);
    }

    private static byte[] Mutate(byte[] file, Random random)
    {
        var bytes = file.ToList();
        for (var edits = random.Next(1, 4); edits > 0; edits--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at - 1));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                default:
                    // Another value in place of one that is there.
                    var colon = bytes.IndexOf((byte)':', at);
                    var end = colon < 0 ? -1 : bytes.FindIndex(colon, b => b is (byte)',' or (byte)'}' or (byte)']');
                    if (end > colon)
                    {
                        bytes.RemoveRange(colon + 1, end - colon - 1);
                        bytes.InsertRange(colon + 1, _dictionary[random.Next(_dictionary.Length)]);
                    }

                    break;
            }
        }

        return [.. bytes];
    }

    private static void SmallTokenizer(string path) => File.WriteAllText(path, """
        {"added_tokens": [{"id": 0, "content": "[PAD]", "special": true}, {"id": 1, "content": "[UNK]", "special": true}, {"id": 2, "content": "[CLS]", "special": true}],
         "truncation": {"max_length": 20, "strategy": "longest_first"}, "padding": {"pad_id": 0},
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "BertNormalizer", "lowercase": true}, {"type": "Replace", "pattern": {"Regex": "a+b"}, "content": "x"}]},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "BertPreTokenizer"}, {"type": "Split", "pattern": {"String": " "}, "behavior": "Removed"}]},
         "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}}},
         "decoder": {"type": "WordPiece", "prefix": "##"},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "a": 3, "##b": 4}}}
        """);
}
