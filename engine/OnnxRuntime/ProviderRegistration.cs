using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Adds execution providers to session options: each kind has a way of its own in the C API.</summary>
internal static unsafe class ProviderRegistration
{
    internal const string Cpu = "cpu";

    /// <summary>Adds one provider.</summary>
    /// <returns>Null, or why it cannot be used.</returns>
    internal static string? TryAppend(NativeSessionOptions options, ExecutionProvider provider)
    {
        using var names = new Utf8List(provider.Options?.Keys ?? []);
        using var values = new Utf8List(provider.Options?.Values ?? []);
        var api = OrtLibrary.Instance.Api;
        nint status = provider.Name switch
        {
            "cuda" => AppendWithOptions(options, names, values, api->CreateCudaOptions, api->UpdateCudaOptions, api->AppendCuda, api->ReleaseCudaOptions),
            "tensorrt" => AppendWithOptions(options, names, values, api->CreateTensorRTOptions, api->UpdateTensorRTOptions, api->AppendTensorRT, api->ReleaseTensorRTOptions),
            _ => AppendByName(options, names, values, provider.Name),
        };
        return status == 0 ? null : OrtException.FromStatus(api, status, "Not usable").Message;
    }

    /// <summary>Our name for one of ONNX Runtime's: <c>CUDAExecutionProvider</c> is <c>cuda</c>.</summary>
    internal static string ShortName(string name)
    {
        const string Ending = "ExecutionProvider";
        return (name.EndsWith(Ending, StringComparison.Ordinal) ? name[..^Ending.Length] : name).ToLowerInvariant();
    }

    private static nint AppendByName(NativeSessionOptions options, Utf8List names, Utf8List values, string name)
    {
        string native = name switch
        {
            "webgpu" => "WebGPU",
            "openvino" => "OpenVINO",
            "coreml" => "CoreML",
            "dml" => "DML",
            "qnn" => "QNN",
            "xnnpack" => "XNNPACK",
            _ => name,
        };
        fixed (byte* text = OrtText.Utf8(native))
            return OrtLibrary.Instance.Api->AppendProvider(options.Value, text, names.Pointer, values.Pointer, names.Count);
    }

    private static nint AppendWithOptions(
        NativeSessionOptions options, Utf8List names, Utf8List values,
        delegate* unmanaged<nint*, nint> create,
        delegate* unmanaged<nint, byte**, byte**, nuint, nint> update,
        delegate* unmanaged<nint, nint, nint> append,
        delegate* unmanaged<nint, void> release)
    {
        nint own;
        nint status = create(&own);
        if (status != 0)
            return status;
        if (names.Count > 0)
            status = update(own, names.Pointer, values.Pointer, names.Count);
        if (status == 0)
            status = append(options.Value, own);
        release(own);
        return status;
    }

    /// <summary>An array of zero-ended strings.</summary>
    private sealed class Utf8List : IDisposable
    {
        internal Utf8List(IEnumerable<string> texts)
        {
            string[] all = [.. texts];
            Count = (nuint)all.Length;
            Pointer = (byte**)NativeMemory.AllocZeroed(Count + 1, (nuint)sizeof(byte*));
            for (int i = 0; i < all.Length; i++)
                Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(all[i]);
        }

        internal byte** Pointer { get; }
        internal nuint Count { get; }

        public void Dispose()
        {
            for (nuint i = 0; i < Count; i++)
                Marshal.FreeCoTaskMem((nint)Pointer[i]);
            NativeMemory.Free(Pointer);
        }
    }
}
