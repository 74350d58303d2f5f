using Google.Protobuf;
using Orrery.Engine.Models;
using Orrery.Onnx;

namespace Orrery.Engine.Tests.Models;

public sealed class ModelFilesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    private string Model => Path.Combine(_root, "model");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Weights_that_the_graph_names_are_part_of_the_version()
    {
        Make("shared/weights.bin");
        Write("onnx/shared/weights.bin", "one");
        Write("onnx/model.onnx_data", "by name");
        var files = ModelFiles.Open(Model, []);
        Assert.Equal(["onnx/model.onnx", "onnx/model.onnx_data", "onnx/shared/weights.bin"], files.VersionFiles(files.ExternalFiles()).Keys);
        var digest = Digest();

        Write("onnx/shared/weights.bin", "two, and longer");
        Assert.NotEqual(digest, Digest());
    }

    [Theory]
    [InlineData("../../secret")]
    [InlineData("/etc/hostname")]
    [InlineData("../shared/weights.bin")]
    [InlineData("a\\..\\b")]
    [InlineData("a\0b")]
    public void Refuses_weights_outside_the_models_directory(string location)
    {
        Write("../secret", "");
        Make(location);
        Assert.Contains("outside", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_weights_that_are_not_there_until_they_are()
    {
        Make("weights.bin");
        Assert.Contains("onnx/weights.bin is not there", Refused(), StringComparison.Ordinal);
        var store = new ModelStore();
        Assert.Contains("is not there", Assert.Single(store.Scan([Model], default)).Reason, StringComparison.Ordinal);

        Write("onnx/weights.bin", "here");
        Assert.NotEmpty(Assert.Single(store.Scan([Model], default)).Digest);
    }

    [Fact]
    public void The_store_looks_again_at_what_it_could_not_read_though_nothing_has_changed()
    {
        Make("weights.bin");
        Write("onnx/weights.bin", "here");
        var store = new ModelStore();
        using (new FileStream(Path.Combine(Model, "onnx/weights.bin"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.NotNull(Assert.Single(store.Scan([Model], default)).Reason);
        Assert.NotEmpty(Assert.Single(store.Scan([Model], default)).Digest);
    }

    [Fact]
    public void The_store_sees_other_weights_under_a_name_that_only_the_graph_knows()
    {
        Make("weights.bin");
        Write("onnx/weights.bin", "first");
        var store = new ModelStore();
        var first = Assert.Single(store.Scan([Model], default)).Digest;
        Assert.Equal(first, Assert.Single(store.Scan([Model], default)).Digest);

        Write("onnx/weights.bin", "the second");
        Assert.NotEqual(first, Assert.Single(store.Scan([Model], default)).Digest);
    }

    private string Digest() => Assert.Single(new ModelStore().Scan([Model], default)).Digest;

    private string Refused()
    {
        var read = Assert.Single(new ModelStore().Scan([Model], default));
        Assert.Empty(read.Digest);
        return read.Reason!;
    }

    private void Make(string location)
    {
        Write("onnx/model.onnx", "");
        var tensor = new TensorOutline { Name = "weights", ExternalData = { new StringStringEntryProto { Key = "location", Value = location } } };
        File.WriteAllBytes(Path.Combine(Model, "onnx/model.onnx"), new ModelOutline { Graph = new GraphOutline { Initializer = { tensor } } }.ToByteArray());
    }

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Model, name))!);
        File.WriteAllText(Path.Combine(Model, name), text);
    }
}
