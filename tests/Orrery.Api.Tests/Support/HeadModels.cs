using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Orrery.Onnx;

namespace Orrery.Api.Tests.Support;

/// <summary>
/// Models with heads, made of the fixtures' encoders in a temporary folder that goes with the process. A token's logits are the first components of its vector in
/// tiny-mean, so that /embed_all tells what a head must answer.
/// </summary>
internal static class HeadModels
{
    public const int Labels = 5;
    public const int Vocabulary = 32;

    private static readonly Lazy<string> _root = new(Make);

    /// <summary>A token classifier, a sparse model, a model of natural language inference, and a classifier of several labels.</summary>
    public static IReadOnlyList<string> Directories => [.. Names.Select(name => Path.Combine(_root.Value, name))];

    public static string[] Names => ["tiny-tokens", "tiny-sparse", "tiny-nli", "tiny-multilabel"];

    public static string[] TokenLabels => ["O", "B-PER", "I-PER", "B-LOC", "LOC"];

    private static string Make()
    {
        var root = Directory.CreateTempSubdirectory("orrery-heads-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        Copy("tiny-mean", root, "tiny-tokens", config =>
        {
            config["architectures"] = new JsonArray("BertForTokenClassification");
            config["id2label"] = new JsonObject(TokenLabels.Select((label, i) => KeyValuePair.Create($"{i}", (JsonNode?)label)));
        });
        GiveHead(Path.Combine(root, "tiny-tokens"), Labels);
        Copy("tiny-mean", root, "tiny-sparse", config => config["architectures"] = new JsonArray("BertForMaskedLM"));
        GiveHead(Path.Combine(root, "tiny-sparse"), Vocabulary);
        Copy("tiny-classifier", root, "tiny-nli", config => config["id2label"] = new JsonObject { ["0"] = "contradiction", ["1"] = "neutral", ["2"] = "ENTAILMENT" });
        Copy("tiny-classifier", root, "tiny-multilabel", config =>
        {
            config["id2label"] = new JsonObject { ["0"] = 0, ["1"] = 1, ["2"] = 2.5 };
            config["problem_type"] = "multi_label_classification";
        });
        return root;
    }

    private static void Copy(string fixture, string root, string name, Action<JsonObject> change)
    {
        var source = Repository.Path("tests", "fixtures", "models", fixture);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(root, name, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        File.Delete(Path.Combine(root, name, "modules.json"));
        if (Directory.Exists(Path.Combine(root, name, "1_Pooling")))
            Directory.Delete(Path.Combine(root, name, "1_Pooling"), recursive: true);
        var config = Path.Combine(root, name, "config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
        change(json);
        File.WriteAllText(config, json.ToJsonString(new JsonSerializerOptions()));
    }

    /// <summary>Has the graph give logits: the first components of the vectors, times one.</summary>
    private static void GiveHead(string directory, int logits)
    {
        const int Hidden = 32;
        var path = Path.Combine(directory, "onnx", "model.onnx");
        var model = OnnxFile.Parse(File.ReadAllBytes(path));
        var graph = model.Graph;
        var weights = new TensorProto { Name = "head.weight", DataType = (int)TensorProto.Types.DataType.Float };
        weights.Dims.AddRange([Hidden, logits]);
        var values = new float[Hidden * logits];
        for (var i = 0; i < logits; i++)
            values[(i * logits) + i] = 1;
        weights.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values));
        graph.Initializer.Add(weights);
        var head = new NodeProto { OpType = "MatMul" };
        head.Input.AddRange(["last_hidden_state", weights.Name]);
        head.Output.Add("logits");
        graph.Node.Add(head);
        var output = graph.Output.First(output => output.Name == "last_hidden_state");
        output.Name = "logits";
        output.Type.TensorType.Shape.Dim[2].DimValue = logits;
        File.WriteAllBytes(path, model.ToByteArray());
    }
}
