using System.Text;
using System.Text.Json;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

/// <summary>A production model on real files: google/magika's classifier of file contents.</summary>
public sealed class MagikaTests
{
    private const string Model = "magika/model.onnx";
    private const string WhiteSpace = " \t\n\r\v\f";

    [SharedModelTheory(Model)]
    [InlineData("engine/OnnxRuntime/OrtSession.cs", "cs")]
    [InlineData("tests/fixtures/onnx/make.py", "python")]
    [InlineData("tests/clients/openai/package-lock.json", "json")]
    [InlineData("engine/Orrery.Engine.csproj", "csproj")]
    [InlineData("tests/fixtures/onnx/types.onnx", "onnx")]
    public void Tells_what_kind_of_file_it_is(string file, string expected)
    {
        using var session = Open();
        var (labels, config) = ReadConfig();
        int[] content = Features(File.ReadAllBytes(Graphs.Source(file)), config);

        float[] scores = Score(session, content, 1);

        int best = scores.AsSpan().IndexOf(scores.Max());
        Assert.Equal(expected, labels[best]);
        Assert.True(scores[best] > 0.5f, $"{labels[best]}: {scores[best]}");
        Assert.Equal(1, scores.Sum(), 1e-3);
    }

    [SharedModelTheory(Model)]
    [InlineData(2)]
    [InlineData(5)]
    public void Scores_a_file_the_same_alone_and_in_a_batch(int batch)
    {
        using var session = Open();
        var (labels, config) = ReadConfig();
        int[] content = Features(File.ReadAllBytes(Graphs.Source("tests/fixtures/onnx/make.py")), config);
        float[] alone = Score(session, content, 1);

        float[] together = Score(session, [.. Enumerable.Repeat(content, batch).SelectMany(c => c)], batch);

        for (int row = 0; row < batch; row++)
        {
            for (int label = 0; label < labels.Length; label++)
                Assert.Equal(alone[label], together[row * labels.Length + label], 1e-5);
        }
    }

    private static OrtSession Open() =>
        new(Graphs.Environment, Path.Combine(Graphs.SharedFolder, "models", Model), new OrtSessionOptions { IntraOpThreads = 2 });

    private static float[] Score(OrtSession session, int[] content, int batch)
    {
        using var bytes = TestTensor.Of<int>(OrtElementType.Int32, content, batch, content.Length / batch);
        using var outputs = session.Run([session.Inputs[0].Name], [bytes.Value], [session.Outputs[0].Name]);
        Assert.Equal(batch, outputs[0].GetTensorTypeAndShape().Shape[0]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static (string[] Labels, JsonElement Config) ReadConfig()
    {
        var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(Graphs.SharedFolder, "models", "magika", "config.min.json"))).RootElement;
        return ([.. config.GetProperty("target_labels_space").EnumerateArray().Select(l => l.GetString()!)], config);
    }

    // The beginning is padded behind, the end before, so that both touch the file's edges.
    private static int[] Features(byte[] file, JsonElement config)
    {
        int begin = config.GetProperty("beg_size").GetInt32(), end = config.GetProperty("end_size").GetInt32();
        int block = Math.Min(config.GetProperty("block_size").GetInt32(), file.Length);
        byte[] space = Encoding.ASCII.GetBytes(WhiteSpace);
        int[] features = new int[begin + end];
        Array.Fill(features, config.GetProperty("padding_token").GetInt32());
        var head = file.AsSpan(..block).TrimStart(space);
        head = head[..Math.Min(begin, head.Length)];
        var tail = file.AsSpan(^block..).TrimEnd(space);
        tail = tail[^Math.Min(end, tail.Length)..];
        for (int i = 0; i < head.Length; i++)
            features[i] = head[i];
        for (int i = 0; i < tail.Length; i++)
            features[^(tail.Length - i)] = tail[i];
        return features;
    }
}
