using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>A loaded graph. Runs may go on at the same time from any number of threads; disposing must wait for them.</summary>
public sealed unsafe class OrtSession : IDisposable
{
    // Names as C strings, made once: a run passes pointers.
    private readonly nint[] _inputNames;
    private readonly nint[] _outputNames;
    private nint _handle;

    /// <summary>Loads a graph from a file, with the first provider that works.</summary>
    /// <param name="environment">ONNX Runtime.</param>
    /// <param name="path">An .onnx or .ort file.</param>
    /// <param name="options">How.</param>
    /// <exception cref="OrtException">The file is missing, torn or no graph, or no provider can run it.</exception>
    public OrtSession(OrtEnvironment environment, string path, OrtSessionOptions options)
    {
        Environment = environment;
        var api = environment.Api;
        foreach (var provider in options.Providers)
        {
            var last = provider == options.Providers[^1];
            try
            {
                using var handle = new SessionOptionsHandle(api, options, provider);
                nint session;
                fixed (byte* file = SessionOptionsHandle.PathBytes(path))
                    api.Check(((delegate* unmanaged<nint, byte*, nint, nint*, nint>)api[OrtFunction.CreateSession])(environment.Handle, file, handle.Handle, &session));
                _handle = session;
                Provider = provider.Options?.TryGetValue("device_id", out var device) == true ? $"{provider.Name}:{device}"
                    : provider.Name == "cpu" ? "cpu" : $"{provider.Name}:0";
                break;
            }
            catch (OrtException e) when (!last && e.Code is not (OrtErrorCode.NoSuchFile or OrtErrorCode.InvalidProtobuf or OrtErrorCode.InvalidGraph))
            {
                // The provider is not in this build or has no device here: the next one in order is tried.
                PassedOver = PassedOver.Add((provider.Name, e.Message));
            }
        }

        Inputs = ReadInfos(OrtFunction.SessionGetInputCount, OrtFunction.SessionGetInputName, OrtFunction.SessionGetInputTypeInfo);
        Outputs = ReadInfos(OrtFunction.SessionGetOutputCount, OrtFunction.SessionGetOutputName, OrtFunction.SessionGetOutputTypeInfo);
        _inputNames = CStrings(Inputs);
        _outputNames = CStrings(Outputs);
    }

    /// <summary>ONNX Runtime, for making values.</summary>
    public OrtEnvironment Environment { get; }

    /// <summary>The graph's inputs, in its order.</summary>
    public IReadOnlyList<OrtTensorInfo> Inputs { get; }

    /// <summary>The graph's outputs, in its order.</summary>
    public IReadOnlyList<OrtTensorInfo> Outputs { get; }

    /// <summary>The device that runs it: cpu, cuda:0 …</summary>
    public string Provider { get; } = "";

    /// <summary>Providers that were preferred but could not be used, and why.</summary>
    public ImmutableArray<(string Provider, string Reason)> PassedOver { get; private set; } = [];

    /// <summary>What the graph says of itself.</summary>
    public OrtModelMetadata Metadata => ModelMetadataReader.Read(Environment.Api, Handle);

    private nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            return _handle;
        }
    }

    /// <summary>Runs the graph once, on the calling thread and the session's own.</summary>
    /// <param name="inputIndexes">Which input each value is for, as an index into <see cref="Inputs"/>.</param>
    /// <param name="inputs">The values.</param>
    /// <param name="outputIndexes">The outputs wanted, as indexes into <see cref="Outputs"/>.</param>
    /// <param name="outputs">Receives the outputs as new values, to be disposed by the caller.</param>
    /// <param name="options">Lets the run be ended from elsewhere; null for none.</param>
    /// <exception cref="OrtException">A value does not fit, an operator failed, or the run was terminated.</exception>
    public void Run(
        ReadOnlySpan<int> inputIndexes, ReadOnlySpan<OrtValue> inputs, ReadOnlySpan<int> outputIndexes, Span<OrtValue?> outputs, OrtRunOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(inputs.Length, inputIndexes.Length, nameof(inputs));
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs.Length, outputIndexes.Length, nameof(outputs));
        var api = Environment.Api;
        var names = stackalloc nint[inputs.Length + outputIndexes.Length];
        var values = stackalloc nint[inputs.Length + outputIndexes.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            names[i] = _inputNames[inputIndexes[i]];
            values[i] = inputs[i].Handle;
        }

        var outputNames = names + inputs.Length;
        var results = values + inputs.Length;
        for (var i = 0; i < outputIndexes.Length; i++)
        {
            outputNames[i] = _outputNames[outputIndexes[i]];
            results[i] = 0;
        }

        api.Check(((delegate* unmanaged<nint, nint, nint*, nint*, nuint, nint*, nuint, nint*, nint>)api[OrtFunction.Run])(
            Handle, options?.Handle ?? 0, names, values, (nuint)inputs.Length, outputNames, (nuint)outputIndexes.Length, results));
        for (var i = 0; i < outputIndexes.Length; i++)
            outputs[i] = new OrtValue(api, results[i]);
        GC.KeepAlive(this);
    }

    /// <summary>Stops profiling.</summary>
    /// <returns>The file that was written.</returns>
    /// <exception cref="OrtException">Profiling was not on.</exception>
    public string EndProfiling()
    {
        var api = Environment.Api;
        byte* file;
        api.Check(((delegate* unmanaged<nint, nint, byte**, nint>)api[OrtFunction.SessionEndProfiling])(Handle, api.Allocator, &file));
        return api.TakeString(file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _handle, 0) is not (var handle and not 0))
            return;
        Environment.Api.Release(OrtFunction.ReleaseSession, handle);
        foreach (var name in _inputNames)
            Marshal.FreeCoTaskMem(name);
        foreach (var name in _outputNames)
            Marshal.FreeCoTaskMem(name);
    }

    private static nint[] CStrings(IReadOnlyList<OrtTensorInfo> infos)
    {
        var names = new nint[infos.Count];
        for (var i = 0; i < names.Length; i++)
            names[i] = Marshal.StringToCoTaskMemUTF8(infos[i].Name);
        return names;
    }

    private OrtTensorInfo[] ReadInfos(OrtFunction countFunction, OrtFunction nameFunction, OrtFunction typeFunction)
    {
        var api = Environment.Api;
        nuint count;
        api.Check(((delegate* unmanaged<nint, nuint*, nint>)api[countFunction])(Handle, &count));
        var infos = new OrtTensorInfo[count];
        for (nuint i = 0; i < count; i++)
        {
            byte* name;
            nint type, tensor;
            api.Check(((delegate* unmanaged<nint, nuint, nint, byte**, nint>)api[nameFunction])(Handle, i, api.Allocator, &name));
            var text = api.TakeString(name);
            api.Check(((delegate* unmanaged<nint, nuint, nint*, nint>)api[typeFunction])(Handle, i, &type));
            api.Check(((delegate* unmanaged<nint, nint*, nint>)api[OrtFunction.CastTypeInfoToTensorInfo])(type, &tensor));
            // The tensor's description belongs to the type's; it is null for sequences and maps.
            infos[i] = tensor == 0 ? new OrtTensorInfo(text, OrtElementType.Undefined, [], []) : ReadInfo(api, text, tensor);
            api.Release(OrtFunction.ReleaseTypeInfo, type);
        }

        return infos;
    }

    private static OrtTensorInfo ReadInfo(OrtApi api, string name, nint tensor)
    {
        var (type, shape) = OrtValue.ReadShape(api, tensor);
        var symbols = new nint[shape.Length];
        fixed (nint* pointers = symbols)
            api.Check(((delegate* unmanaged<nint, nint*, nuint, nint>)api[OrtFunction.GetSymbolicDimensions])(tensor, pointers, (nuint)shape.Length));
        var names = new string?[shape.Length];
        for (var i = 0; i < names.Length; i++)
            names[i] = Marshal.PtrToStringUTF8(symbols[i]) is { Length: > 0 } symbol ? symbol : null;
        return new OrtTensorInfo(name, type, [.. shape], [.. names]);
    }
}
