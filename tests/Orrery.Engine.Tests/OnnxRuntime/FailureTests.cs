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
        Assert.Throws<OrtException>(() => new OrtSession(Graphs.Environment, ReadOnlySpan<byte>.Empty, new OrtSessionOptions()));
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

        Assert.Equal(OrtErrorCode.InvalidArgument, Refusal([0, 1], [ids.Value, ids.Value]).Code);
        Assert.Equal(OrtErrorCode.InvalidArgument, Refusal([0, 1], [flat.Value, ids.Value]).Code);
        Assert.Equal(OrtErrorCode.InvalidArgument, Refusal([0, 1], [x.Value, two.Value]).Code);
        Assert.Contains("ids", Refusal([0], [x.Value]).Message, StringComparison.Ordinal);

        OrtException Refusal(int[] indexes, OrtValue[] inputs)
        {
            var outputs = new OrtValue?[2];
            var error = Assert.Throws<OrtException>(() => session.Run(indexes, inputs, [0, 1], outputs));
            Assert.All(outputs, Assert.Null);
            return error;
        }
    }

    [Fact]
    public void Refuses_indexes_that_do_not_match_the_values()
    {
        using var session = Graphs.Open("identity");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [1], 1);

        Assert.Throws<ArgumentException>(() => session.Run([0, 1], [x.Value], [0], new OrtValue?[1]));
        Assert.Throws<ArgumentException>(() => session.Run([0], [x.Value], [0], []));
        Assert.Throws<IndexOutOfRangeException>(() => session.Run([1], [x.Value], [0], new OrtValue?[1]));
    }

    [Fact]
    public void Refuses_a_session_that_was_disposed()
    {
        var session = Graphs.Open("identity");
        using var x = TestTensor.Of<float>(OrtElementType.Float32, [1], 1);
        session.Dispose();

        Assert.Throws<ObjectDisposedException>(() => session.Run([0], [x.Value], [0], new OrtValue?[1]));
    }

    [Fact]
    public void Refuses_to_end_a_profile_that_was_not_begun()
    {
        using var session = Graphs.Open("identity");

        Assert.Throws<InvalidOperationException>(session.EndProfiling);
    }

    [Fact]
    public void Says_where_it_looked_for_a_library_that_is_missing()
    {
        var error = Assert.Throws<OrtException>(() => OrtLibrary.Load(OrtLibrary.Candidates("/no/such/libonnxruntime.so", "/app")));

        Assert.Equal(OrtErrorCode.LibraryUnavailable, error.Code);
        Assert.Contains("/no/such/libonnxruntime.so", error.Message, StringComparison.Ordinal);
        Assert.Contains("ORRERY_ONNXRUNTIME", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Looks_beside_the_program_and_in_the_folder_of_its_platform()
    {
        var candidates = OrtLibrary.Candidates(variable: null, Path.GetFullPath("/app"));

        Assert.Equal(Path.GetFullPath("/app"), Path.GetDirectoryName(candidates[0]));
        Assert.StartsWith(Path.GetFullPath("/app/runtimes/"), Path.GetDirectoryName(candidates[^1]), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_library_that_is_no_library_and_one_that_is_not_onnx_runtime()
    {
        var text = Assert.Throws<OrtException>(() => OrtLibrary.Load([Graphs.Source("Cluster.sln")]));
        Assert.Contains("cannot be loaded", text.Message, StringComparison.Ordinal);

        // Any real library but the right one: the runtime's own.
        string folder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string other = Directory.EnumerateFiles(folder, "*System.Native.*").First(f => !f.EndsWith(".a", StringComparison.Ordinal));
        var wrong = Assert.Throws<OrtException>(() => OrtLibrary.Load([other]));
        Assert.Contains("is not ONNX Runtime", wrong.Message, StringComparison.Ordinal);
    }
}
