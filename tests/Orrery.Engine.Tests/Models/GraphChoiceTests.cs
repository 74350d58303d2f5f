using Orrery.Engine.Models;

namespace Orrery.Engine.Tests.Models;

public sealed class GraphChoiceTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("onnx/model.onnx", "model.onnx", "onnx/a.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx")]
    [InlineData("onnx/encoder_model.onnx", "onnx/decoder_model.onnx", "onnx/encoder_model.onnx", "onnx/decoder_with_past_model.onnx")]
    [InlineData("onnx/model_fp16.onnx", "onnx/model_quantized.onnx", "onnx/model_fp16.onnx")]
    [InlineData("onnx/model_O2.onnx", "onnx/model_O2.onnx", "onnx/model_O4.onnx")]
    [InlineData("model_int8.onnx", "model_int8.onnx", "onnx/decoder_model_merged.onnx")]
    [InlineData("pipeline.onnx", "pipeline.onnx")]
    public void Takes_the_usual_name_and_never_a_decoders_part(string chosen, params string[] files) => Assert.Equal(chosen, Choose(files, out _));

    [Fact]
    public void Takes_a_graph_for_this_kind_of_processor()
    {
        var arm = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture is System.Runtime.InteropServices.Architecture.Arm64;
        Assert.Equal(arm ? "onnx/model_qint8_arm64.onnx" : "onnx/model_qint8_avx2.onnx", Choose(["onnx/model_qint8_arm64.onnx", "onnx/model_qint8_avx2.onnx"], out _));
        Assert.Null(Choose([arm ? "onnx/model_qint8_avx2.onnx" : "onnx/model_qint8_arm64.onnx"], out var reason));
        Assert.Contains("another processor", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_why_it_takes_none()
    {
        Assert.Null(Choose(["onnx/decoder_model.onnx"], out var parts));
        Assert.Contains("onnx/decoder_model.onnx", parts, StringComparison.Ordinal);
        Assert.Null(Choose(["first.onnx", "second.onnx"], out var several));
        Assert.Contains("first.onnx, second.onnx; say which in orrery.json", several, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_a_directory_that_looks_like_a_model_with_the_reason_why_it_is_not_served()
    {
        Write("weights-only/config.json", "{}");
        Write("weights-only/model.safetensors", "");
        Write("parts/onnx/decoder_model.onnx", "");
        Write("notes/readme.txt", "");
        var found = new ModelStore().Scan([_root], default).ToDictionary(model => model.Name, model => model.Reason ?? "");
        Assert.Equal(["parts", "weights-only"], found.Keys.Order());
        Assert.Contains("only model.safetensors: export it", found["weights-only"], StringComparison.Ordinal);
        Assert.Contains("decoder", found["parts"], StringComparison.Ordinal);
    }

    private static string? Choose(string[] files, out string? reason) => GraphChoice.Choose(files, [""], out reason);

    private void Write(string name, string text)
    {
        var path = Path.Combine(_root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
