using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Tests.Support;
using Orrery.Onnx;

namespace Orrery.Engine.Tests.Models;

/// <summary>sentence-transformers' layout: what modules.json names is what a vector goes through, and what is not understood is refused by name.</summary>
public sealed class SentenceLayoutTests : IDisposable
{
    private const int Hidden = 32;
    private const string Text = "a few words of a text";

    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("orrery-test-").FullName, "tiny");

    public SentenceLayoutTests() => Repository.Copy(Repository.Fixture("models", "tiny-mean"), _folder);

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Theory]
    [InlineData("""{"pooling_mode": "cls"}""", "cls")]
    [InlineData("""{"pooling_mode": "mean_sqrt_len_tokens"}""", "sqrt")]
    [InlineData("""{"pooling_mode": ["weightedmean", "max"]}""", "weighted", "max")]
    [InlineData("""{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true, "pooling_mode_lasttoken": true}""", "cls", "mean", "last")]
    [InlineData("""{"pooling_mode_weightedmean_tokens": true, "word_embedding_dimension": 32}""", "weighted")]
    [InlineData("""{"pooling_mode_mean_tokens": false}""", "mean")]
    public async Task Pools_as_either_spelling_says(string pooling, params string[] parts)
    {
        Write("1_Pooling/config.json", pooling);
        await using var backend = await Start();
        var tokens = await Tokens(backend);
        var expected = parts.SelectMany(part => Pool(tokens, part)).ToArray();
        Close(expected, await Embed(backend, normalize: false));
        Assert.Equal(expected.Length, backend.Models[0].Dimensions);
    }

    [Fact]
    public async Task Cuts_one_pooling_of_several_no_longer_than_it_is()
    {
        Write("1_Pooling/config.json", """{"pooling_mode": ["cls", "mean"]}""");
        await using var backend = await Start();
        var request = new EmbedRequest { Model = "", Inputs = [TextInput.Of(Text)], Pooling = Pooling.Mean, Dimensions = Hidden + 1 };
        var refused = (await backend.EmbedAsync(request, default)).Error!;
        Assert.Equal(("dimensions must be 1 to 32, not 33", "dimensions"), (refused.Message, refused.Field));
        using var whole = (await backend.EmbedAsync(request with { Pooling = null }, default)).Value!;
        Assert.Equal(Hidden + 1, whole[0].Length);
    }

    [Fact]
    public async Task Applies_what_comes_after_the_pooling()
    {
        Modules("Pooling", "Dense", "LayerNorm", "Normalize");
        var (weights, bias) = (Random(20 * Hidden, 1), Random(20, 2));
        var (scale, shift) = (Random(20, 3), Random(20, 4));
        Dense("2_Dense", 20, """ "activation_function": "torch.nn.modules.activation.Tanh", "bias": true """, ("linear.weight", [20, Hidden], weights), ("linear.bias", [20], bias));
        Write("3_LayerNorm/config.json", """{"dimension": 20}""");
        SafeTensors("3_LayerNorm/model.safetensors", ("norm.weight", [20], scale), ("norm.bias", [20], shift));
        await using var backend = await Start();
        var pooled = Pool(await Tokens(backend), "mean");
        var dense = Enumerable.Range(0, 20).Select(i => Math.Tanh(bias[i] + Enumerable.Range(0, Hidden).Sum(j => (double)weights[(i * Hidden) + j] * pooled[j]))).ToArray();
        var mean = dense.Average();
        var deviation = Math.Sqrt(dense.Average(value => (value - mean) * (value - mean)) + 1e-5);
        float[] expected = [.. dense.Select((value, i) => (float)(((value - mean) / deviation * scale[i]) + shift[i]))];
        Close(expected, await Embed(backend, normalize: false));
        Close(Unit(expected), await Embed(backend, normalize: null));

        // With what comes after, another pooling would be another model.
        var refused = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(Text)], Pooling = Pooling.Cls }, default)).Error!;
        Assert.Equal((InferenceErrorKind.Invalid, "pooling"), (refused.Kind, refused.Field));
    }

    [Fact]
    public async Task Gives_the_same_with_modules_alone_and_in_a_crowd()
    {
        Modules("Pooling", "Dense");
        Dense("2_Dense", 4, """ "bias": false, "activation_function": "torch.nn.modules.activation.GELU" """, ("linear.weight", [4, Hidden], Random(4 * Hidden, 1)));
        await using var backend = await Start();
        var alone = await Embed(backend, normalize: false);
        var texts = Enumerable.Range(0, 40).Select(i => TextInput.Of(i == 20 ? Text : $"{new string('x', i % 7)} {i}")).ToArray();
        using var crowd = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = texts, Normalize = false }, default)).Value!;
        Close(alone, crowd[20].ToArray());
    }

    [Theory]
    [InlineData("modules.json", """[{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": "gated_head.GatedHead", "path": "2_Gate"}]""", "modules.json: [1]: type: 'gated_head.GatedHead'")]
    [InlineData("modules.json", """[{"type": "sentence_transformers.models.Transformer", "path": ""}, {"type": "sentence_transformers.models.LSTM", "path": "1_LSTM"}]""", "modules.json: [1]: type: LSTM")]
    [InlineData("modules.json", """[{"type": "sentence_transformers.models.Transformer", "path": ""}]""", "modules.json: no module pools")]
    [InlineData("modules.json", """[{"type": "sentence_transformers.models.Transformer"}, {"type": "sentence_transformers.models.Pooling", "path": "9_Pooling"}]""", "9_Pooling/config.json is not there")]
    [InlineData("1_Pooling/config.json", """{"pooling_mode": "median"}""", "1_Pooling/config.json: pooling_mode: 'median'")]
    [InlineData("1_Pooling/config.json", """{"pooling_mode_attention": true}""", "1_Pooling/config.json: pooling_mode_attention")]
    [InlineData("1_Pooling/config.json", """{"pooling_mode": "mean", "embedding_dimension": 48}""", "1_Pooling/config.json: pooling_mode: the vectors that are pooled have 48 numbers")]
    [InlineData("sentence_bert_config.json", """{"transformer_task": "any-to-any"}""", "sentence_bert_config.json: transformer_task: 'any-to-any'")]
    [InlineData("config_sentence_transformers.json", """{"prompts": {"query": "q: "}, "default_prompt_name": "passage"}""", "config_sentence_transformers.json: default_prompt_name: 'passage'")]
    [InlineData("config.json", """{"architectures": ["BertForSequenceClassification"], "num_labels": 1, "sbert_ce_default_activation_function": "custom.Swish"}""", "activation_fn: 'custom.Swish'", true)]
    [InlineData("config.json", """{"architectures": ["BertForSequenceClassification"], "num_labels": 1, "sentence_transformers": {"activation_fn": "custom.Swish"}}""", "activation_fn: 'custom.Swish'", true)]
    [InlineData("config_sentence_transformers.json", """{"truncate_dim": 0}""", "config_sentence_transformers.json: truncate_dim")]
    [InlineData("2_Normalize/config.json", """{"module_input_name": "token_embeddings"}""", "2_Normalize/config.json: module_input_name: 'token_embeddings'")]
    public async Task Refuses_by_file_and_key_what_it_does_not_understand(string file, string text, string reason, bool isClassifier = false)
    {
        if (isClassifier)
            File.Delete(Path.Combine(_folder, "modules.json"));
        Write(file, text);
        await using var backend = await Start();
        Assert.Equal(ModelState.Failed, backend.Models[0].State);
        Assert.Contains(reason, backend.Models[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"in_features": 33, "out_features": 4, "bias": false}""", "2_Dense/config.json: in_features: 33")]
    [InlineData("""{"in_features": 32, "out_features": 5, "bias": false}""", "2_Dense/model.safetensors 'linear.weight' has the shape [4, 32]")]
    [InlineData("""{"in_features": 32, "out_features": 4, "bias": true}""", "2_Dense/model.safetensors has no tensor 'linear.bias'")]
    [InlineData("""{"in_features": 32, "out_features": 4, "bias": false, "activation_function": "custom.Swish"}""", "2_Dense/config.json: activation_function: 'custom.Swish'")]
    [InlineData("""{"in_features": 32, "out_features": 4, "bias": false, "module_input_name": "token_embeddings"}""", "2_Dense/config.json: module_input_name")]
    public async Task Refuses_a_dense_layer_that_does_not_fit(string config, string reason)
    {
        Modules("Pooling", "Dense");
        SafeTensors("2_Dense/model.safetensors", ("linear.weight", [4, Hidden], Random(4 * Hidden, 1)));
        Write("2_Dense/config.json", config);
        await using var backend = await Start();
        Assert.Contains(reason, backend.Models[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_weights_that_are_pickled_missing_or_cut()
    {
        Modules("Pooling", "Dense");
        Dense("2_Dense", 4, """ "bias": false """, ("linear.weight", [4, Hidden], Random(4 * Hidden, 1)));
        var weights = Path.Combine(_folder, "2_Dense", "model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        for (var length = 0; length < bytes.Length; length += 41)
        {
            File.WriteAllBytes(weights, bytes[..length]);
            await using var cut = await Start();
            Assert.Contains("2_Dense/model.safetensors", cut.Models[0].Reason, StringComparison.Ordinal);
        }

        File.Delete(weights);
        await using (var missing = await Start())
            Assert.Contains("2_Dense/model.safetensors is not there", missing.Models[0].Reason, StringComparison.Ordinal);
        Write("2_Dense/pytorch_model.bin", "pickle");
        await using var pickled = await Start();
        Assert.Contains("2_Dense/pytorch_model.bin", pickled.Models[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokenizer.json is not there: save it")]
    [InlineData("tokenizer.json is not there, and sentencepiece.bpe.model alone is not read", "sentencepiece.bpe.model")]
    [InlineData("tokenizer.json is not there, and vocab.json alone is not read", "merges.txt", "vocab.json")]
    public async Task Refuses_a_model_of_texts_without_a_tokenizer_that_is_read(string reason, params string[] files)
    {
        File.Delete(Path.Combine(_folder, "tokenizer.json"));
        File.Delete(Path.Combine(_folder, "vocab.txt"));
        foreach (var file in files)
            Write(file, "");
        await using var backend = await Start();
        Assert.Equal(ModelState.Failed, backend.Models[0].State);
        Assert.Contains(reason, backend.Models[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_the_text_and_not_the_model_where_an_added_token_lies_beyond_the_graphs_vectors()
    {
        var size = Orrery.Engine.Tokenization.Tokenizer.FromDirectory(_folder).VocabularySize;
        Edit("config.json", json => json["vocab_size"] = size);
        Edit("tokenizer.json", json => json["added_tokens"]!.AsArray().Add((JsonNode)new JsonObject { ["id"] = size, ["content"] = "<image>", ["special"] = true }));
        await using var backend = await Start();
        Assert.True(backend.Models[0].State == ModelState.Ready, backend.Models[0].Reason);
        await Embed(backend, normalize: null);
        var refused = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of("an <image> in it")] }, default)).Error!;
        Assert.Equal(InferenceErrorKind.Invalid, refused.Kind);
        Assert.Contains("<image>", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cuts_the_beginning_of_long_texts_where_the_files_say_so()
    {
        var words = string.Join(' ', Enumerable.Range(0, 200));
        await using var before = await Start();
        Edit("tokenizer_config.json", json => json["truncation_side"] = "left");
        await using var after = await Start();
        Close(await Embed(before, words, Truncation.Left), await Embed(after, words, Truncation.Right));
        Assert.NotEqual(await Embed(before, words, Truncation.Right), await Embed(after, words, Truncation.Right));
        Assert.NotEqual(before.Models[0].Digest, after.Models[0].Digest);
        Assert.Contains("truncation_side", after.Models[0].ReadingChanges);
    }

    [Theory]
    [InlineData("""{"model_max_length": 1000000000000000019884624838656}""", 64)]
    [InlineData("""{"max_len": 20}""", 20)]
    [InlineData("{}", 64)]
    public async Task Lets_the_tokenizers_own_truncation_not_count_where_positions_are_known(string config, int length)
    {
        File.Delete(Path.Combine(_folder, "sentence_bert_config.json"));
        Write("tokenizer_config.json", config);
        Edit("tokenizer.json", json => json["truncation"] = JsonNode.Parse("""{"direction": "Right", "max_length": 12, "strategy": "LongestFirst", "stride": 0}"""));
        await using var backend = await Start();
        Assert.Equal(length, backend.Models[0].MaxLength);
    }

    [Fact]
    public async Task Takes_a_prompt_that_is_null_for_an_empty_one()
    {
        Write("config_sentence_transformers.json", """{"prompts": {"document": null}}""");
        await using var backend = await Start();
        using var given = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(Text)], PromptName = "document", Normalize = false }, default)).Value!;
        Close(await Embed(backend, normalize: false), given[0].ToArray());
    }

    [Fact]
    public async Task Keeps_the_components_that_truncate_dim_says()
    {
        await using (var whole = await Start())
        {
            var all = await Embed(whole, normalize: false);
            Write("config_sentence_transformers.json", """{"truncate_dim": 5}""");
            await using var cut = await Start();
            Close(all[..5], await Embed(cut, normalize: false));
            Assert.Equal(5, cut.Models[0].Dimensions);
        }
    }

    [Fact]
    public async Task Leaves_a_prompt_out_of_the_pooling_where_the_files_say_so()
    {
        Write("config_sentence_transformers.json", """{"prompts": {"query": "some words before "}}""");
        Write("1_Pooling/config.json", """{"pooling_mode": "mean", "include_prompt": false}""");
        await using var backend = await Start();
        var (whole, prompt) = (await Tokens(backend, "some words before " + Text), await Tokens(backend, "some words before "));
        using var given = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(Text)], PromptName = "query", Normalize = false }, default)).Value!;
        // Without its last token, the [SEP] that closes the prompt alone.
        Close(Pool(whole[(prompt.Length - 1)..], "mean"), given[0].ToArray());
        Close(Pool(await Tokens(backend), "mean"), await Embed(backend, normalize: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Serves_a_table_of_token_vectors_without_a_graph(bool inHubsCache)
    {
        Directory.Delete(Path.Combine(_folder, "onnx"), recursive: true);
        Directory.Delete(Path.Combine(_folder, "1_Pooling"), recursive: true);
        Directory.CreateDirectory(Path.Combine(_folder, "0_StaticEmbedding"));
        File.Delete(Path.Combine(_folder, "config.json"));
        File.Move(Path.Combine(_folder, "tokenizer.json"), Path.Combine(_folder, "0_StaticEmbedding", "tokenizer.json"));
        Write("modules.json", """[{"type": "sentence_transformers.models.StaticEmbedding", "path": "0_StaticEmbedding"}]""");
        var rows = Orrery.Engine.Tokenization.Tokenizer.FromFile(Path.Combine(_folder, "0_StaticEmbedding", "tokenizer.json")).VocabularySize;
        var table = Random(rows * 6, 5);
        SafeTensors("0_StaticEmbedding/model.safetensors", ("embedding.weight", [rows, 6], table));
        if (inHubsCache)
        {
            // ONNX Runtime follows no link out of a folder by itself.
            var blob = Path.Combine(_folder + "-cache", "models--owner--name", "blobs", "abc");
            Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
            File.Move(Path.Combine(_folder, "0_StaticEmbedding", "model.safetensors"), blob);
            File.CreateSymbolicLink(Path.Combine(_folder, "0_StaticEmbedding", "model.safetensors"), blob);
        }

        await using var backend = await Start();
        Assert.True(backend.Models[0].State == ModelState.Ready, backend.Models[0].Reason);
        var ids = (await backend.TokenizeAsync("", [Text], addSpecialTokens: false, default)).Value![0].Select(token => token.Id).ToArray();
        Close([.. Enumerable.Range(0, 6).Select(d => ids.Average(id => table[(id * 6) + d]))], await Embed(backend, normalize: false));
        using var blank = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(" "), TextInput.Of(Text)] }, default)).Value!;
        Assert.Equal(new float[6], blank[0].ToArray());
        using var longer = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(string.Join(' ', Enumerable.Repeat("word", 3000)))] }, default)).Value!;
        Assert.True(longer.Tokens(0) >= 3000);
        if (inHubsCache)
            Directory.Delete(_folder + "-cache", recursive: true);
    }

    [Fact]
    public async Task Never_pads_texts_for_a_graph_that_is_not_told_of_padding()
    {
        // Each token's vector, and the mean of all that the graph was given: padding would be in it.
        var rows = Orrery.Engine.Tokenization.Tokenizer.FromDirectory(_folder).VocabularySize;
        File.WriteAllBytes(Path.Combine(_folder, "onnx", "model.onnx"), Maskless(rows));
        await using var backend = await Start();
        Assert.True(backend.Models[0].State == ModelState.Ready, backend.Models[0].Reason);
        string[] texts = [.. Enumerable.Range(1, 60).Select(i => string.Join(' ', Enumerable.Range(0, 1 + (i % 9)).Select(word => $"{word}{i}")))];
        using var together = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [.. texts.Select(TextInput.Of)] }, default)).Value!;
        for (var i = 0; i < texts.Length; i++)
        {
            using var alone = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(texts[i])] }, default)).Value!;
            Close(alone[0].ToArray(), together[i].ToArray());
        }
    }

    [Fact]
    public async Task Serves_a_decoder_with_a_pooling_and_lower_cases_where_the_files_say_so()
    {
        Edit("config.json", json => json["architectures"] = new JsonArray("Qwen3ForCausalLM"));
        await using var backend = await Start();
        Assert.Equal(ModelTask.Embedding, backend.Models[0].Task);
        var plain = backend.Models[0].Digest;
        Write("sentence_bert_config.json", """{"max_seq_length": 48, "do_lower_case": true}""");
        var edited = File.ReadAllText(Path.Combine(_folder, "tokenizer.json")).Replace("\"lowercase\": true", "\"lowercase\": false", StringComparison.Ordinal).Replace("\"lowercase\":true", "\"lowercase\":false", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), edited);
        await using var lowered = await Start();
        Close(await Embed(lowered, false, "mixed case"), await Embed(lowered, false, "MiXed CASE"));
        Assert.NotEqual(plain, lowered.Models[0].Digest);
    }

    [Fact]
    public async Task Keeps_a_digest_until_the_same_files_are_read_otherwise_and_says_so_then()
    {
        await using var before = await Start();
        Assert.Equal("", before.Models[0].FormerDigest);
        Write("1_Pooling/config.json", """{"pooling_mode_weightedmean_tokens": true}""");
        await using var after = await Start();
        var model = after.Models[0];
        Assert.Equal(64, model.FormerDigest.Length);
        Assert.NotEqual(model.FormerDigest, model.Digest);
        Assert.Contains("1_Pooling/config.json: pooling_mode", model.ReadingChanges);
        var detector = new DetectorInfo { Name = "old", State = ModelState.Ready, Model = "tiny", ModelDigest = model.FormerDigest }.Unready(model);
        Assert.Contains("read otherwise since (1_Pooling/config.json: pooling_mode)", detector.Reason, StringComparison.Ordinal);
        Assert.Contains("train the head again", detector.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_the_files_of_modules_into_the_digest()
    {
        Modules("Pooling", "Dense");
        Dense("2_Dense", 4, """ "bias": false """, ("linear.weight", [4, Hidden], Random(4 * Hidden, 1)));
        await using var one = await Start();
        Dense("2_Dense", 4, """ "bias": false """, ("linear.weight", [4, Hidden], Random(4 * Hidden, 2)));
        await using var other = await Start();
        Assert.NotEqual(one.Models[0].Digest, other.Models[0].Digest);
    }

    private static byte[] Maskless(int rows)
    {
        TypeProto Shape(int type, params string[] dims)
        {
            var shape = new TensorShapeProto();
            shape.Dim.AddRange(dims.Select(dim => int.TryParse(dim, out var size) ? new TensorShapeProto.Types.Dimension { DimValue = size } : new TensorShapeProto.Types.Dimension { DimParam = dim }));
            return new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } };
        }

        var table = Random(rows * Hidden, 6);
        var axes = new AttributeProto { Name = "axes", Type = AttributeProto.Types.AttributeType.Ints, Ints = { 1 } };
        return new ModelProto
        {
            IrVersion = 8,
            OpsetImport = { new OperatorSetIdProto { Version = 13 } },
            Graph = new GraphProto
            {
                Name = "maskless",
                Initializer = { new TensorProto { Name = "table", DataType = 1, Dims = { rows, Hidden }, RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(table.AsSpan())) } },
                Node =
                {
                    new NodeProto { OpType = "Gather", Input = { "table", "input_ids" }, Output = { "tokens" } },
                    new NodeProto { OpType = "ReduceMean", Input = { "tokens" }, Output = { "mean" }, Attribute = { axes } },
                    new NodeProto { OpType = "Add", Input = { "tokens", "mean" }, Output = { "last_hidden_state" } },
                },
                Input = { new ValueInfoProto { Name = "input_ids", Type = Shape(7, "batch", "sequence") } },
                Output = { new ValueInfoProto { Name = "last_hidden_state", Type = Shape(1, "batch", "sequence", "32") } },
            },
        }.ToByteArray();
    }

    private async Task<LocalBackend> Start()
    {
        var options = new EngineOptions { ModelDirectories = [_folder], Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 512 };
        var backend = await LocalBackend.CreateAsync(options, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        return backend;
    }

    private static async Task<float[]> Embed(LocalBackend backend, bool? normalize, string text = Text)
    {
        var answer = await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(text)], Normalize = normalize }, default);
        Assert.True(answer.Error is null, answer.Error?.Message);
        using var output = answer.Value!;
        return output[0].ToArray();
    }

    private static async Task<float[]> Embed(LocalBackend backend, string text, Truncation truncation)
    {
        using var output = (await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(text)], Truncation = truncation }, default)).Value!;
        return output[0].ToArray();
    }

    private static async Task<float[][]> Tokens(LocalBackend backend, string text = Text)
    {
        var answer = await backend.EmbedAsync(new EmbedRequest { Model = "", Inputs = [TextInput.Of(text)], PerToken = true }, default);
        Assert.True(answer.Error is null, answer.Error?.Message);
        using var output = answer.Value!;
        return [.. output.Memory(0).ToArray().Chunk(output.Dimensions)];
    }

    private static float[] Pool(float[][] tokens, string how) => [.. Enumerable.Range(0, tokens[0].Length).Select(d => (float)(how switch
    {
        "cls" => tokens[0][d],
        "last" => tokens[^1][d],
        "max" => tokens.Max(token => token[d]),
        "mean" => tokens.Average(token => (double)token[d]),
        "sqrt" => tokens.Sum(token => (double)token[d]) / Math.Sqrt(tokens.Length),
        _ => tokens.Select((token, i) => (i + 1.0) * token[d]).Sum() / (tokens.Length * (tokens.Length + 1) / 2.0),
    }))];

    private static float[] Unit(float[] vector)
    {
        var norm = Math.Sqrt(vector.Sum(value => (double)value * value));
        return [.. vector.Select(value => (float)(value / norm))];
    }

    private static void Close(float[] expected, float[] given)
    {
        Assert.Equal(expected.Length, given.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], given[i], 2e-5);
    }

    private static float[] Random(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    private void Modules(params string[] kinds)
    {
        var modules = new JsonArray(new JsonObject { ["type"] = "sentence_transformers.base.modules.transformer.Transformer", ["path"] = "" });
        for (var i = 0; i < kinds.Length; i++)
            modules.Add((JsonNode)new JsonObject { ["type"] = "sentence_transformers.models." + kinds[i], ["path"] = $"{i + 1}_{kinds[i]}" });
        Write("modules.json", modules.ToJsonString());
    }

    private void Dense(string folder, int outputs, string more, params (string Name, int[] Shape, float[] Values)[] tensors)
    {
        Write($"{folder}/config.json", $$"""{"in_features": {{Hidden}}, "out_features": {{outputs}}, {{more}}}""");
        SafeTensors($"{folder}/model.safetensors", tensors);
    }

    private void SafeTensors(string name, params (string Name, int[] Shape, float[] Values)[] tensors)
    {
        var (header, data) = (new JsonObject(), new List<byte>());
        foreach (var (key, shape, values) in tensors)
        {
            header[key] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]),
                ["data_offsets"] = new JsonArray(data.Count, data.Count + (values.Length * sizeof(float))),
            };
            data.AddRange(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        }

        var json = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        Write(name, "");
        File.WriteAllBytes(Path.Combine(_folder, name), [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. data]);
    }

    private void Edit(string name, Action<JsonObject> how)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, name)))!.AsObject();
        how(json);
        Write(name, json.ToJsonString());
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, name))!);
        File.WriteAllText(Path.Combine(_folder, name), text);
    }
}
