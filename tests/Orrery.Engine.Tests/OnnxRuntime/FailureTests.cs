using Microsoft.ML.OnnxRuntime;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

public sealed class FailureTests
{
    [Fact]
    public void Says_that_a_models_file_is_missing()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");

        var error = Assert.Throws<OrtException>(() => new OrtSession(Graphs.Environment, path, new OrtSessionOptions()));

        Assert.Equal(OrtErrorCode.NoSuchFile, error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(200)]
    [InlineData(300)]
    public void Refuses_a_model_that_is_cut_short(int length)
    {
        byte[] bytes = File.ReadAllBytes(Graphs.File("sums"))[..length];

        var error = Assert.Throws<OrtException>(() => new OrtSession(Graphs.Environment, bytes, new OrtSessionOptions()));

        Assert.StartsWith("The model in memory cannot be loaded: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Never_crashes_on_a_model_with_changed_bytes()
    {
        byte[] good = File.ReadAllBytes(Graphs.File("sums"));
        var random = new Random(1);
        int refused = 0;
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = [.. good];
            for (int change = 0; change < 4; change++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                new OrtSession(Graphs.Environment, bytes, new OrtSessionOptions { IntraOpThreads = 1 }).Dispose();
            }
            catch (OrtException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 100, 200);
    }

    [Fact]
    public void Refuses_a_file_that_is_no_model_and_an_empty_one()
    {
        var text = Assert.Throws<OrtException>(() => new OrtSession(Graphs.Environment, Graphs.Source("Cluster.sln"), new OrtSessionOptions()));
        Assert.Equal(OrtErrorCode.InvalidProtobuf, text.Code);
        Assert.Throws<OrtException>(() => new OrtSession(Graphs.Environment, Array.Empty<byte>(), new OrtSessionOptions()));
    }

    [Fact]
    public void Names_an_operator_that_does_not_exist()
    {
        var error = Assert.Throws<OrtException>(() => Graphs.Open("unknown_operator"));

        Assert.Contains("NoSuchOperator", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_an_input_of_the_wrong_type_rank_or_size_and_a_missing_one()
    {
        using var session = Graphs.Open("sums");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [1, 2], 1, 2);
        using var flat = TestTensor.Of<float>(OrtElementType.Float32, [1, 2], 2);
        using var ids = TestTensor.Of<long>(OrtElementType.Int64, [1, 2, 3], 1, 3);
        using var two = TestTensor.Of<long>(OrtElementType.Int64, [1, 2], 1, 2);

        Assert.Equal(OrtErrorCode.InvalidArgument, Refusal(["x", "ids"], [ids.Value, ids.Value]).Code);
        Assert.Equal(OrtErrorCode.InvalidArgument, Refusal(["x", "ids"], [flat.Value, ids.Value]).Code);
        Assert.Equal(OrtErrorCode.InvalidArgument, Refusal(["x", "ids"], [x.Value, two.Value]).Code);
        Assert.Contains("ids", Refusal(["x"], [x.Value]).Message, StringComparison.Ordinal);

        OrtException Refusal(string[] names, OrtValue[] inputs) => Assert.Throws<OrtException>(() => session.Run(names, inputs, ["total", "doubled"]));
    }

    [Fact]
    public void Refuses_names_that_are_not_the_graphs_or_not_as_many_as_the_values()
    {
        using var session = Graphs.Open("identity");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [1], 1);

        Assert.Throws<ArgumentException>(() => session.Run(["x", "x"], [x.Value], ["y"]));
        Assert.Equal(OrtErrorCode.InvalidArgument, Assert.Throws<OrtException>(() => session.Run(["z"], [x.Value], ["y"])).Code);
        Assert.Equal(OrtErrorCode.InvalidArgument, Assert.Throws<OrtException>(() => session.Run(["x"], [x.Value], ["z"])).Code);
    }

    [Fact]
    public void Refuses_a_session_that_was_disposed()
    {
        var session = Graphs.Open("identity");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [1], 1);
        session.Dispose();

        Assert.Throws<ObjectDisposedException>(() => session.Run(["x"], [x.Value], ["y"]));
    }
}
