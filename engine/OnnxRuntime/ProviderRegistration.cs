using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Adds execution providers to session options: each kind has a way of its own in the package.</summary>
internal static class ProviderRegistration
{
    internal const string Cpu = "cpu";

    /// <summary>Adds one provider.</summary>
    /// <returns>Null, or why it cannot be used.</returns>
    internal static string? TryAppend(SessionOptions options, ExecutionProvider provider)
    {
        var own = new Dictionary<string, string>(provider.Options ?? new Dictionary<string, string>());
        try
        {
            switch (provider.Name)
            {
                case "cuda":
                    using (var cuda = new OrtCUDAProviderOptions())
                    {
                        cuda.UpdateOptions(own);
                        options.AppendExecutionProvider_CUDA(cuda);
                    }

                    break;
                case "tensorrt":
                    using (var tensorrt = new OrtTensorRTProviderOptions())
                    {
                        tensorrt.UpdateOptions(own);
                        options.AppendExecutionProvider_Tensorrt(tensorrt);
                    }

                    break;
                default:
                    options.AppendExecutionProvider(NativeName(provider.Name), own);
                    break;
            }

            return null;
        }
        catch (Exception error) when (OrtException.IsNative(error))
        {
            return OrtException.From(error, "Not usable").Message;
        }
    }

    /// <summary>Our name for one of ONNX Runtime's: <c>CUDAExecutionProvider</c> is <c>cuda</c>.</summary>
    internal static string ShortName(string name)
    {
        const string Ending = "ExecutionProvider";
        return (name.EndsWith(Ending, StringComparison.Ordinal) ? name[..^Ending.Length] : name).ToLowerInvariant();
    }

    private static string NativeName(string name) => name switch
    {
        "webgpu" => "WebGPU",
        "openvino" => "OpenVINO",
        "coreml" => "CoreML",
        "dml" => "DML",
        "qnn" => "QNN",
        "xnnpack" => "XNNPACK",
        _ => name,
    };
}
