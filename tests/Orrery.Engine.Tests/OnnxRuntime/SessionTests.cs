using Microsoft.ML.OnnxRuntime;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

public sealed class SessionTests
{
    [Fact]
    public void Tells_the_inputs_outputs_and_metadata_of_a_model()
    {
        using var session = Graphs.Open("sums");

        Assert.Equal(["x", "ids"], session.Inputs.Select(i => i.Name));
        Assert.Equal([OrtElementType.Float32, OrtElementType.Int64], session.Inputs.Select(i => i.ElementType));
        Assert.Equal([-1L, -1L], session.Inputs[0].Shape.AsEnumerable());
        Assert.Equal(["batch", "sequence"], session.Inputs[0].DimensionNames.AsEnumerable());
        Assert.Equal([-1L, 3L], session.Inputs[1].Shape.AsEnumerable());
        Assert.Equal(["batch", null], session.Inputs[1].DimensionNames.AsEnumerable());
        Assert.Equal(["total", "doubled"], session.Outputs.Select(o => o.Name));
        Assert.Equal("orrery-fixtures", session.Metadata.ProducerName);
        Assert.Equal("sums", session.Metadata.GraphName);
        Assert.Equal("org.orrery.test", session.Metadata.Domain);
        Assert.Equal("A fixture.", session.Metadata.Description);
        Assert.Equal(7, session.Metadata.Version);
        Assert.Equal(new Dictionary<string, string> { ["language"] = "en", ["purpose"] = "prüfen" }, session.Metadata.CustomMetadataMap);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(7, 300)]
    [InlineData(0, 4)]
    public void Runs_any_batch_and_sequence_length(int batch, int length)
    {
        using var session = Graphs.Open("sums");
        float[] x = [.. Enumerable.Range(0, batch * length).Select(i => (float)(i % 10))];
        long[] ids = [.. Enumerable.Range(0, batch * 3).Select(i => (long)i << 33)];
        using var first = TestTensor.Of<float>(OrtElementType.Float32, x, batch, length);
        using var second = TestTensor.Of<long>(OrtElementType.Int64, ids, batch, 3);

        using var outputs = session.Run(["x", "ids"], [first.Value, second.Value], ["total", "doubled"]);

        Assert.Equal([batch], outputs[0].GetTensorTypeAndShape().Shape);
        Assert.Equal([batch, 3], outputs[1].GetTensorTypeAndShape().Shape);
        Assert.Equal(Enumerable.Range(0, batch).Select(row => x.Skip(row * length).Take(length).Sum() + 0.5f), outputs[0].GetTensorDataAsSpan<float>().ToArray());
        Assert.Equal(ids.Select(id => id * 2), outputs[1].GetTensorDataAsSpan<long>().ToArray());
    }

    [Fact]
    public void Takes_inputs_and_outputs_by_name_in_any_order()
    {
        using var session = Graphs.Open("sums");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [1, 2], 1, 2);
        using var ids = TestTensor.Of<long>(OrtElementType.Int64, [1, 2, 3], 1, 3);

        using var outputs = session.Run(["ids", "x"], [ids.Value, x.Value], ["doubled"]);

        Assert.Equal([2, 4, 6], outputs[0].GetTensorDataAsSpan<long>().ToArray());
    }

    [Fact]
    public void Loads_a_model_from_memory()
    {
        using var session = new OrtSession(Graphs.Environment, File.ReadAllBytes(Graphs.File("sums")), new OrtSessionOptions());

        Assert.Equal("sums", session.Metadata.GraphName);
    }

    [Fact]
    public void Runs_from_many_threads_at_once_on_one_session()
    {
        using var session = Graphs.Open("sums");
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, n =>
        {
            using var x = TestTensor.Of<float>(OrtElementType.Float32, [n, n], 1, 2);
            using var ids = TestTensor.Of<long>(OrtElementType.Int64, [n, n, n], 1, 3);
            for (int round = 0; round < 20; round++)
            {
                using var outputs = session.Run(["x", "ids"], [x.Value, ids.Value], ["total", "doubled"]);
                Assert.Equal(2 * n + 0.5f, outputs[0].GetTensorDataAsSpan<float>()[0]);
                Assert.Equal(2 * n, outputs[1].GetTensorDataAsSpan<long>()[2]);
            }
        });
    }

    [Fact]
    public void Saves_the_optimized_graph()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        try
        {
            using (Graphs.Open("sums", new OrtSessionOptions { GraphOptimization = GraphOptimizationLevel.ORT_ENABLE_BASIC, OptimizedModelPath = path }))
                Assert.True(File.Exists(path));

            using var saved = new OrtSession(Graphs.Environment, path, new OrtSessionOptions { GraphOptimization = GraphOptimizationLevel.ORT_DISABLE_ALL });
            Assert.Equal(["total", "doubled"], saved.Outputs.Select(o => o.Name));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Tells_that_an_output_is_no_tensor()
    {
        using var session = Graphs.Open("sequence");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [1], 1);

        using var outputs = session.Run(["x"], [x.Value], [.. session.Outputs.Select(output => output.Name)]);

        Assert.Equal(OrtElementType.Undefined, session.Outputs[0].ElementType);
        Assert.False(outputs[0].IsTensor);
        Assert.True(outputs[1].IsTensor);
    }
}
