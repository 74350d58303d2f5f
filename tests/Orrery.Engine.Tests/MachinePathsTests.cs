namespace Orrery.Engine.Tests;

public sealed class MachinePathsTests
{
    [Theory]
    [InlineData("Could not find file '/srv/models/mine/config.json'.", "Could not find file 'config.json'.")]
    [InlineData("Access to the path '/srv/models/mine' is denied.", "Access to the path 'its folder' is denied.")]
    [InlineData("a link to /data/blobs/abc leads nowhere", "a link to abc leads nowhere")]
    [InlineData("Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* Reserve", "Status Message: bfc_arena.cc:376 void* Reserve")]
    [InlineData("onnx/model.onnx is not there; 1/2 of it is", "onnx/model.onnx is not there; 1/2 of it is")]
    public void Tells_files_by_name(string message, string told) => Assert.Equal(told, MachinePaths.Hide(message, "/srv/models/mine"));
}
