using Orrery.Engine.Models;

namespace Orrery.Engine.Tests.Models;

public sealed class LoadFailureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Could not find file '/srv/models/one/onnx/model.onnx'.", "Could not find file 'onnx/model.onnx'.")]
    [InlineData("Access to the path '/srv/models/one' is denied.", "Access to the path 'its folder' is denied.")]
    [InlineData("config.json: pooling/mode is 3 of 4", "config.json: pooling/mode is 3 of 4")]
    [InlineData("tokenizer.json: a/b, /c", "tokenizer.json: a/b, /c")]
    [InlineData("while running Reshape node. Name:'/encoder/layer.0/attention/Reshape_1' Status Message: /a/b", "while running Reshape node. Name:'/encoder/layer.0/attention/Reshape_1' Status Message: /a/b")]
    public void Tells_files_and_no_folders_of_the_machine(string message, string told) => Assert.Equal(told, LoadFailure.Reason(new IOException(message), "/srv/models/one"));

    [Theory]
    [InlineData("cache")]
    [InlineData("my cache")]
    [InlineData("it's (mine): [cache]")]
    public void Tells_no_folder_that_a_model_does_not_lie_in(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, name, "orrery")).FullName;
        var message = $"Load model from {folder}/7f.onnx failed: {folder}/7f.weights, '{folder}/a folder' and ({folder}): '/mlp/Gelu' is torn";
        Assert.Equal("Load model from 7f.onnx failed: 7f.weights, 'a folder' and (orrery): '/mlp/Gelu' is torn", LoadFailure.Reason(new IOException(message), "/srv/models/one"));
    }
}
