using System.Runtime.InteropServices;
using System.Text;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>The C API's session options, filled from <see cref="OrtSessionOptions"/>.</summary>
internal sealed unsafe class SessionOptionsHandle : IDisposable
{
    private readonly OrtApi _api;

    /// <param name="api">The library.</param>
    /// <param name="options">What to set.</param>
    /// <param name="provider">The one to append; cpu needs no appending.</param>
    /// <exception cref="OrtException">The provider cannot be used here, or a setting is refused.</exception>
    public SessionOptionsHandle(OrtApi api, OrtSessionOptions options, ExecutionProvider provider)
    {
        _api = api;
        nint handle;
        api.Check(((delegate* unmanaged<nint*, nint>)api[OrtFunction.CreateSessionOptions])(&handle));
        Handle = handle;
        try
        {
            Fill(options);
            Append(provider);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public nint Handle { get; private set; }

    public void Dispose()
    {
        if (Handle != 0)
            _api.Release(OrtFunction.ReleaseSessionOptions, Handle);
        Handle = 0;
    }

    /// <summary>A path as the C API wants it: UTF-16 on Windows, UTF-8 elsewhere, with an end mark.</summary>
    public static byte[] PathBytes(string path) => (OperatingSystem.IsWindows() ? Encoding.Unicode : Encoding.UTF8).GetBytes(path + '\0');

    private void Fill(OrtSessionOptions options)
    {
        Set(OrtFunction.SetIntraOpNumThreads, options.IntraOpThreads);
        Set(OrtFunction.SetInterOpNumThreads, options.InterOpThreads);
        Set(OrtFunction.SetSessionGraphOptimizationLevel, (int)options.GraphOptimization);
        if (!options.EnableMemoryPattern)
            _api.Check(((delegate* unmanaged<nint, nint>)_api[OrtFunction.DisableMemPattern])(Handle));
        if (!options.EnableCpuArena)
            _api.Check(((delegate* unmanaged<nint, nint>)_api[OrtFunction.DisableCpuMemArena])(Handle));
        if (options.OptimizedModelPath is { } optimized)
            SetPath(OrtFunction.SetOptimizedModelFilePath, optimized);
        if (options.ProfilePrefix is { } prefix)
            SetPath(OrtFunction.EnableProfiling, prefix);
        Config("session.intra_op.allow_spinning", options.AllowSpinning ? "1" : "0");
        Config("session.inter_op.allow_spinning", options.AllowSpinning ? "1" : "0");
        foreach (var (key, value) in options.ConfigEntries)
            Config(key, value);
    }

    private void Append(ExecutionProvider provider)
    {
        switch (provider.Name)
        {
            case "cpu":
                break;
            case "cuda":
                AppendWithOptions(provider, OrtFunction.CreateCudaOptions, OrtFunction.UpdateCudaOptions, OrtFunction.AppendCuda, OrtFunction.ReleaseCudaOptions);
                break;
            case "tensorrt":
                AppendWithOptions(provider, OrtFunction.CreateTensorRtOptions, OrtFunction.UpdateTensorRtOptions, OrtFunction.AppendTensorRt, OrtFunction.ReleaseTensorRtOptions);
                break;
            default:
                AppendByName(provider);
                break;
        }
    }

    private void AppendByName(ExecutionProvider provider)
    {
        var name = provider.Name switch
        {
            "webgpu" => "WebGPU",
            "openvino" => "OpenVINO",
            "coreml" => "CoreML",
            "dml" => "DML",
            var other => other,
        };
        using var settings = new Utf8Pairs(provider.Options);
        fixed (byte* bytes = Encoding.UTF8.GetBytes(name + '\0'))
        {
            _api.Check(((delegate* unmanaged<nint, byte*, byte**, byte**, nuint, nint>)_api[OrtFunction.AppendExecutionProvider])(
                Handle, bytes, settings.Keys, settings.Values, (nuint)settings.Count));
        }
    }

    private void AppendWithOptions(ExecutionProvider provider, OrtFunction create, OrtFunction update, OrtFunction append, OrtFunction release)
    {
        nint options;
        _api.Check(((delegate* unmanaged<nint*, nint>)_api[create])(&options));
        try
        {
            using var settings = new Utf8Pairs(provider.Options);
            if (settings.Count > 0)
                _api.Check(((delegate* unmanaged<nint, byte**, byte**, nuint, nint>)_api[update])(options, settings.Keys, settings.Values, (nuint)settings.Count));
            _api.Check(((delegate* unmanaged<nint, nint, nint>)_api[append])(Handle, options));
        }
        finally
        {
            _api.Release(release, options);
        }
    }

    private void Set(OrtFunction function, int value) => _api.Check(((delegate* unmanaged<nint, int, nint>)_api[function])(Handle, value));

    private void SetPath(OrtFunction function, string path)
    {
        fixed (byte* bytes = PathBytes(path))
            _api.Check(((delegate* unmanaged<nint, byte*, nint>)_api[function])(Handle, bytes));
    }

    private void Config(string key, string value)
    {
        fixed (byte* keyBytes = Encoding.UTF8.GetBytes(key + '\0'), valueBytes = Encoding.UTF8.GetBytes(value + '\0'))
            _api.Check(((delegate* unmanaged<nint, byte*, byte*, nint>)_api[OrtFunction.AddSessionConfigEntry])(Handle, keyBytes, valueBytes));
    }

    /// <summary>Keys and values as two arrays of C strings.</summary>
    private sealed class Utf8Pairs : IDisposable
    {
        public Utf8Pairs(IReadOnlyDictionary<string, string>? pairs)
        {
            Count = pairs?.Count ?? 0;
            Keys = (byte**)NativeMemory.AllocZeroed((nuint)Count + 1, (nuint)sizeof(byte*));
            Values = (byte**)NativeMemory.AllocZeroed((nuint)Count + 1, (nuint)sizeof(byte*));
            var i = 0;
            foreach (var (key, value) in pairs ?? new Dictionary<string, string>())
            {
                Keys[i] = (byte*)Marshal.StringToCoTaskMemUTF8(key);
                Values[i++] = (byte*)Marshal.StringToCoTaskMemUTF8(value);
            }
        }

        public int Count { get; }

        public byte** Keys { get; }

        public byte** Values { get; }

        public void Dispose()
        {
            for (var i = 0; i < Count; i++)
            {
                Marshal.FreeCoTaskMem((nint)Keys[i]);
                Marshal.FreeCoTaskMem((nint)Values[i]);
            }

            NativeMemory.Free(Keys);
            NativeMemory.Free(Values);
        }
    }
}
