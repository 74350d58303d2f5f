using Orrery.Engine.Models;

namespace Orrery.Engine.Tests.Models;

public sealed class LoadFailureTests
{
    [Theory]
    [InlineData("Could not find file '/srv/models/one/onnx/model.onnx'.", "Could not find file 'onnx/model.onnx'.")]
    [InlineData("Load model from /home/somebody/.cache/orrery/7f.onnx failed: torn", "Load model from 7f.onnx failed: torn")]
    [InlineData("Access to the path '/srv/models/one' is denied.", "Access to the path 'its folder' is denied.")]
    [InlineData("config.json: pooling/mode is 3 of 4", "config.json: pooling/mode is 3 of 4")]
    [InlineData("tokenizer.json: a/b, /c", "tokenizer.json: a/b, /c")]
    public void Tells_files_and_no_folders_of_the_machine(string message, string told) => Assert.Equal(told, LoadFailure.Reason(new IOException(message), "/srv/models/one"));
}
