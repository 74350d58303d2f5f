using System.Text.Json;

namespace Orrery.Standalone.Tests.Training;

public sealed class TrainTests : IDisposable
{
    private readonly Workshop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task Makes_a_detector_that_serve_answers_with_and_eval_measures()
    {
        var (code, output) = await Workshop.TrainAsync(_shop.Rows("train.csv", 300), _shop.At("detectors", "things"), "--set", "c=100");
        Assert.True(code == 0, output);
        Assert.Contains("2 classes", output, StringComparison.Ordinal);
        var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(_shop.At("detectors", "things", "detector.json"))).RootElement;
        Assert.Equal(["fruit", "tool"], manifest.GetProperty("labels").EnumerateArray().Select(label => label.GetString()));
        Assert.Equal("tool", manifest.GetProperty("positive").GetString());
        Assert.Equal(64, manifest.GetProperty("training").GetProperty("data_digest").GetString()!.Length);
        Assert.True(manifest.GetProperty("training").GetProperty("metrics").GetProperty("accuracy").GetDouble() > 0.8, output);
        Assert.Equal(["detector.json", "head.onnx", "report.html", "report.md"], Directory.GetFiles(_shop.At("detectors", "things")).Select(Path.GetFileName).Order());
        Assert.Contains("<svg", await File.ReadAllTextAsync(_shop.At("detectors", "things", "report.html")), StringComparison.Ordinal);

        (code, output) = await Workshop.RunAsync(
            "eval", "--detector", "things", "--detectors", _shop.At("detectors"), "--models", Checkout.Fixture("tiny-mean"), "--data", _shop.Rows("test.csv", 101, seed: 2), "--out", _shop.At("measured"));
        Assert.True(code == 0, output);
        Assert.Contains("101 rows", output, StringComparison.Ordinal);
        Assert.True(File.Exists(_shop.At("measured", "report.md")));

        var (process, client) = await OrreryProcess.ServeAsync("--models", Checkout.Fixture("tiny-mean"), "--detectors", _shop.At("detectors"));
        using (process)
        using (client)
        {
            using var body = new StringContent("""{"input":["a pear, a plum and a apple","a saw, a drill and a hammer"]}""", null, "application/json");
            var answer = JsonDocument.Parse(await (await client.PostAsync("/v1/score", body)).Content.ReadAsStringAsync()).RootElement;
            Assert.Equal(["fruit", "tool"], answer.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("results")[0].GetProperty("label").GetString()));
        }
    }

    [Fact]
    public async Task Gives_the_same_head_to_the_byte_for_the_same_seed()
    {
        var data = _shop.Rows("train.csv", 120);
        Assert.Equal(0, (await Workshop.TrainAsync(data, _shop.At("a"), "--head", "rbf-svm", "--set", "pca=8", "--seed", "7")).Code);
        Assert.Equal(0, (await Workshop.TrainAsync(data, _shop.At("b"), "--head", "rbf-svm", "--set", "pca=8", "--seed", "7")).Code);
        Assert.Equal(await File.ReadAllBytesAsync(_shop.At("a", "head.onnx")), await File.ReadAllBytesAsync(_shop.At("b", "head.onnx")));
    }

    [Fact]
    public async Task Chooses_by_a_grid_and_trains_on_every_row_when_none_is_held_out()
    {
        var (code, output) = await Workshop.TrainAsync(_shop.Rows("train.csv", 100), _shop.At("chosen"), "--grid", "c=0.001,100", "--folds", "4", "--test-share", "0", "--threshold", "best-f1");
        Assert.True(code == 0, output);
        var training = JsonDocument.Parse(await File.ReadAllTextAsync(_shop.At("chosen", "detector.json"))).RootElement.GetProperty("training");
        Assert.Equal(100, training.GetProperty("trained_rows").GetInt32());
        Assert.Contains("c=0.001", await File.ReadAllTextAsync(_shop.At("chosen", "report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_a_label_more_when_told()
    {
        // No word tells these apart: only the weights do.
        var rows = _shop.Write("same.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"the same text,{(i % 3 == 0 ? "rare" : "usual")}\n")));
        Assert.Equal(0, (await Workshop.TrainAsync(rows, _shop.At("plain"), "--positive", "rare")).Code);
        Assert.Equal(0, (await Workshop.TrainAsync(rows, _shop.At("weighted"), "--positive", "rare", "--class-weight", "rare=10")).Code);
        Assert.Equal((0.67, 0.33), (Math.Round(await AccuracyAsync("plain"), 2), Math.Round(await AccuracyAsync("weighted"), 2)));

        async Task<double> AccuracyAsync(string name) => JsonDocument.Parse(await File.ReadAllTextAsync(_shop.At(name, "detector.json"))).RootElement
            .GetProperty("training").GetProperty("metrics").GetProperty("accuracy").GetDouble();
    }

    [Fact]
    public async Task Learns_what_is_ordinary_without_labels()
    {
        var lines = string.Concat(Enumerable.Range(0, 80).Select(i => JsonSerializer.Serialize(new { body = $"an ordinary line number {i % 9}" }) + "\n"));
        var (code, output) = await Workshop.TrainAsync(_shop.Write("lines.jsonl", lines), _shop.At("odd"), "--head", "one-class", "--text-column", "body", "--set", "contamination=0.1");
        Assert.True(code == 0, output);
        var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(_shop.At("odd", "detector.json"))).RootElement;
        Assert.Equal(("outlier", "outlier"), (manifest.GetProperty("kind").GetString(), manifest.GetProperty("positive").GetString()));
    }

    [Fact]
    public async Task Calibrates_a_detector_of_pairs()
    {
        var rows = "a\tb\tsame\n" + string.Concat(Enumerable.Range(0, 60).Select(i => i % 2 == 0 ? $"text number {i}\ttext number {i}\tyes\n" : $"text number {i}\tother words {i * 7} altogether\tno\n"));
        var (code, output) = await Workshop.TrainAsync(
            _shop.Write("pairs.tsv", rows), _shop.At("detectors", "twins"), "--text-column", "a", "--pair-column", "b", "--label-column", "same", "--set", "c=1000");
        Assert.True(code == 0, output);
        (code, output) = await Workshop.RunAsync(
            "eval", "--detector", "twins", "--detectors", _shop.At("detectors"), "--models", Checkout.Fixture("tiny-mean"), "--data", _shop.At("pairs.tsv"),
            "--text-column", "a", "--pair-column", "b", "--label-column", "same", "--out", _shop.At("measured"));
        Assert.True(code == 0, output);
        Assert.Contains("accuracy 1", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text,label\n", "there are no rows")]
    [InlineData("body,label\na,b\n", "there is no column 'text'; there are 'body', 'label'")]
    [InlineData("text,text,label\na,b,c\n", "'text' is there twice")]
    [InlineData("text,label\na,one\nb,one\n", "every row's label is 'one'")]
    [InlineData("text,label\na,one\n,two\n", "line 3, column 'text': the text is empty")]
    [InlineData("text,label\na,one\nb,\n", "line 3, column 'label': the label is empty")]
    [InlineData("text,label\n\"a,one\nb,two\n", "not closed")]
    [InlineData("text,label\na,one,more\n", "3 fields")]
    [InlineData("text,label\na\0b,one\n", "NUL")]
    public async Task Names_what_is_wrong_with_a_file_and_leaves_nothing(string content, string message)
    {
        var (code, output) = await Workshop.TrainAsync(_shop.Write("bad.csv", content), _shop.At("out", "x"));
        Assert.Equal(2, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_shop.At("out")) && Directory.EnumerateFileSystemEntries(_shop.At("out")).Any(), output);
    }

    [Fact]
    public async Task Names_a_file_of_another_encoding()
    {
        await File.WriteAllBytesAsync(_shop.At("latin.csv"), [.. "text,label\nna"u8, 0xEF, .. "ve,one\n"u8]);
        var (code, output) = await Workshop.TrainAsync(_shop.At("latin.csv"), _shop.At("x"));
        Assert.Equal(2, code);
        Assert.Contains("line 2: the byte 0xEF", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model", "nobody", "there is no model 'nobody'; there are tiny-mean")]
    [InlineData("--head", "forest", "kind cannot be 'forest'")]
    [InlineData("--set", "c=-1", "c is -1; it must be above 0")]
    [InlineData("--set", "d=1", "there is no option 'd'")]
    [InlineData("--grid", "c=", "--grid must be name=value")]
    [InlineData("--pooling", "sum", "--pooling must be mean")]
    [InlineData("--layer", "hidden_states.9", "layer 'hidden_states.9' is not an output")]
    [InlineData("--threshold", "2", "--threshold must be 0 to 1, or best-f1")]
    [InlineData("--positive", "stone", "'stone' is not one of the labels: fruit, tool")]
    [InlineData("--class-weight", "fruit=-1", "--class-weight must be label=number")]
    [InlineData("--class-weight", "stone=2", "'stone' is not one of the labels")]
    [InlineData("--folds", "1", "--folds must be 2 to 100")]
    public async Task Names_a_flag_that_makes_no_sense(string flag, string value, string message)
    {
        var data = _shop.Rows("train.csv", 40);
        string[] arguments = ["train", "--data", data, "--models", Checkout.Fixture("tiny-mean"), "--out", _shop.At("x"), .. flag == "--model" ? [] : (string[])["--model", "tiny-mean"], flag, value];
        var (code, output) = await Workshop.RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_shop.At("x")));
    }

    [Fact]
    public async Task Replaces_a_detector_only_when_told()
    {
        var data = _shop.Rows("train.csv", 60);
        Assert.Equal(0, (await Workshop.TrainAsync(data, _shop.At("x"))).Code);
        var (code, output) = await Workshop.TrainAsync(data, _shop.At("x"));
        Assert.Equal(2, code);
        Assert.Contains("--overwrite", output, StringComparison.Ordinal);
        Assert.Equal(0, (await Workshop.TrainAsync(data, _shop.At("x"), "--overwrite")).Code);
        Assert.Equal(["train.csv", "x"], Directory.EnumerateFileSystemEntries(_shop.Folder).Select(Path.GetFileName).Order());
    }
}
