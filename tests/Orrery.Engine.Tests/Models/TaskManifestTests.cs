using Orrery.Engine.Execution;
using Orrery.Engine.Models;

namespace Orrery.Engine.Tests.Models;

/// <summary>What a directory's files say of heads.</summary>
public sealed class TaskManifestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("null", ScoreFunction.Softmax)]
    [InlineData("\"single_label_classification\"", ScoreFunction.Softmax)]
    [InlineData("\"multi_label_classification\"", ScoreFunction.Sigmoid)]
    [InlineData("\"regression\"", ScoreFunction.Identity)]
    public void Reads_what_makes_scores_of_logits(string problem, ScoreFunction function) =>
        Assert.Equal(function, Read(("config.json", $$"""{"architectures":["BertForSequenceClassification"],"problem_type":{{problem}}}""")).ScoreFunction);

    [Theory]
    [InlineData("torch.nn.modules.linear.Identity", ScoreFunction.Identity)]
    [InlineData("torch.nn.modules.activation.Sigmoid", ScoreFunction.Sigmoid)]
    public void Reads_what_makes_a_score_where_only_the_graph_tells_that_there_is_one_label(string activation, ScoreFunction function) =>
        Assert.Equal(function, Read(("config.json", """{"architectures":["BertModel"]}"""), ("config_sentence_transformers.json", $$"""{"activation_fn":"{{activation}}"}""")).OfOneLabel());

    [Fact]
    public void Reads_labels_and_what_makes_scores_where_no_architecture_is_named()
    {
        var manifest = Read(("config.json", """{"problem_type":"multi_label_classification","id2label":{"1":"b","0":"a"}}"""));
        Assert.Equal((null, ScoreFunction.Sigmoid), (manifest.Task, manifest.ScoreFunction));
        Assert.Equal(["a", "b"], manifest.Labels.AsEnumerable());
    }

    [Theory]
    [InlineData("config.json", """{"architectures":["BertForSequenceClassification"],"problem_type":"ranking"}""", "problem_type")]
    [InlineData("config.json", """{"architectures":["BertForSequenceClassification"],"id2label":{"0":true}}""", "id2label")]
    [InlineData("config.json", """{"architectures":["BertForTokenClassification"],"id2label":{"0":"O","2":"B-PER"}}""", "1 is missing")]
    public void Refuses_by_file_and_key_what_it_does_not_understand(string file, string json, string says) =>
        Assert.Contains(says, Assert.Throws<ModelFormatException>(() => Read((file, json))).Message, StringComparison.Ordinal);

    [Fact]
    public void Takes_numbers_for_labels() =>
        Assert.Equal(["1", "2.5"], Read(("config.json", """{"architectures":["BertForTokenClassification"],"id2label":{"0":1,"1":2.5}}""")).Labels.AsEnumerable());

    [Theory]
    [InlineData("""{"pooling_strategy":"max","activation_function":"relu","word_embedding_dimension":7}""", false, false)]
    [InlineData("""{"pooling_strategy":"sum"}""", true, false)]
    [InlineData("""{"activation_function":"log1p_relu"}""", false, true)]
    public void Reads_how_a_sparse_model_pools(string pooling, bool sum, bool twice)
    {
        var manifest = ReadSparse(pooling);
        Assert.Equal((ModelTask.Sparse, new SparsePooling(sum, twice)), (manifest.Task!.Value, manifest.SparsePooling));
    }

    [Theory]
    [InlineData("""{"pooling_strategy":"mean"}""", "pooling_strategy")]
    [InlineData("""{"activation_function":"gelu"}""", "activation_function")]
    [InlineData("""{"keep":10}""", "keep")]
    public void Refuses_a_sparse_pooling_that_nobody_knows(string pooling, string says) =>
        Assert.Contains(says, Assert.Throws<ModelFormatException>(() => ReadSparse(pooling)).Message, StringComparison.Ordinal);

    [Fact]
    public void Refuses_modules_beside_a_sparse_pooling() => Assert.Contains(
        "Normalize", Assert.Throws<ModelFormatException>(() => ReadSparse("{}", ""","sentence_transformers.models.Normalize" """)).Message, StringComparison.Ordinal);

    private ModelManifest ReadSparse(string pooling, string more = "")
    {
        var types = $"""["sentence_transformers.sparse_encoder.models.MLMTransformer","sentence_transformers.sparse_encoder.models.SpladePooling"{more}]""";
        var modules = System.Text.Json.JsonSerializer.Deserialize<string[]>(types)!.Select((type, i) => new { idx = i, name = $"{i}", path = i == 0 ? "" : $"{i}_{type.Split('.')[^1]}", type });
        return Read(
            ("config.json", """{"architectures":["BertForMaskedLM"]}"""), ("modules.json", System.Text.Json.JsonSerializer.Serialize(modules)), ("1_SpladePooling/config.json", pooling));
    }

    private ModelManifest Read(params (string Name, string Json)[] files)
    {
        File.WriteAllText(Path.Combine(_folder, "model.onnx"), "");
        foreach (var (name, json) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, name))!);
            File.WriteAllText(Path.Combine(_folder, name), json);
        }

        return ModelManifest.Read(ModelFiles.Open(_folder, [_folder]));
    }
}
