namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// A loaded model. Thread-safe: calls may run side by side, and disposing beside a call in flight frees the session
/// when that call has ended.
/// </summary>
public sealed unsafe class OrtSession : IDisposable
{
    // More values than this in one call take an array from the heap.
    private const int StackLimit = 256;

    private readonly OrtApi* _api = OrtLibrary.Instance.Api;

    /// <summary>Loads a model's file.</summary>
    /// <exception cref="OrtException">The file is missing, cut short or no valid model, or no wanted provider can run it.</exception>
    public OrtSession(OrtEnvironment environment, string modelPath, OrtSessionOptions options)
        : this(SessionLoader.FromFile(environment, modelPath, options))
    {
    }

    /// <summary>Loads a model from memory, which is not needed afterwards.</summary>
    /// <exception cref="OrtException">The bytes are no valid model, or no wanted provider can run it.</exception>
    public OrtSession(OrtEnvironment environment, ReadOnlySpan<byte> model, OrtSessionOptions options)
        : this(SessionLoader.FromMemory(environment, model, options))
    {
    }

    private OrtSession(SessionLoader.Loaded loaded)
    {
        Handle = loaded.Session;
        try
        {
            nint session = Handle.DangerousGetHandle();
            var nodes = new Dictionary<string, int>();
            Provider = SessionLoader.RunningProvider(session, loaded.Registered, nodes);
            ProviderNodes = nodes;
            SkippedProviders = loaded.Skipped;
            Inputs = ModelReader.ReadTensors(session, inputs: true);
            Outputs = ModelReader.ReadTensors(session, inputs: false);
            Metadata = ModelReader.ReadMetadata(session);
            InputNames = new NameTable(Inputs);
            OutputNames = new NameTable(Outputs);
        }
        catch
        {
            Handle.Dispose();
            throw;
        }
    }

    /// <summary>The graph's inputs, in its order. An index into this list names an input in a call.</summary>
    public IReadOnlyList<OrtTensorInfo> Inputs { get; }

    /// <summary>The graph's outputs, in its order. An index into this list names an output in a call.</summary>
    public IReadOnlyList<OrtTensorInfo> Outputs { get; }

    /// <summary>What the file says of itself.</summary>
    public OrtModelMetadata Metadata { get; }

    /// <summary>The provider that really runs: the most preferred of the wanted ones that was given nodes, or <c>cpu</c>.</summary>
    public string Provider { get; }

    /// <summary>How many of the graph's nodes each provider runs; empty when ONNX Runtime is older than 1.24 and cannot tell.</summary>
    public IReadOnlyDictionary<string, int> ProviderNodes { get; }

    /// <summary>Wanted providers that do not run here, and why.</summary>
    public IReadOnlyList<SkippedProvider> SkippedProviders { get; }

    internal OrtHandle Handle { get; }
    internal NameTable InputNames { get; }
    internal NameTable OutputNames { get; }

    /// <summary>Runs the model. Allocates nothing managed but a wrapper for each output that was null.</summary>
    /// <param name="inputIndexes">Which inputs are given, as indexes into <see cref="Inputs"/>.</param>
    /// <param name="inputs">Their values, in the same order.</param>
    /// <param name="outputIndexes">Which outputs are wanted, as indexes into <see cref="Outputs"/>; others may not be computed.</param>
    /// <param name="outputs">Where they go: a tensor of the right type and shape is filled in place; null is replaced by a new one.</param>
    /// <param name="options">Lets another thread end the run; null for none.</param>
    /// <exception cref="ArgumentException">As many indexes as values are needed.</exception>
    /// <exception cref="OrtException">A value does not fit the model, the run failed, or it was ended.</exception>
    public void Run(
        ReadOnlySpan<int> inputIndexes, ReadOnlySpan<OrtValue> inputs,
        ReadOnlySpan<int> outputIndexes, Span<OrtValue?> outputs, OrtRunOptions? options = null)
    {
        if (inputIndexes.Length != inputs.Length)
            throw new ArgumentException($"{inputIndexes.Length} input indexes for {inputs.Length} inputs.", nameof(inputs));
        if (outputIndexes.Length != outputs.Length)
            throw new ArgumentException($"{outputIndexes.Length} output indexes for {outputs.Length} outputs.", nameof(outputs));
        int ins = inputs.Length, outs = outputs.Length;
        int size = 2 * (ins + outs);
        Span<nint> slots = size <= StackLimit ? stackalloc nint[size] : new nint[size];
        int inputsHeld = 0, outputsHeld = 0;
        try
        {
            for (; inputsHeld < ins; inputsHeld++)
                slots[ins + inputsHeld] = inputs[inputsHeld].Handle.Acquire();
            for (; outputsHeld < outs; outputsHeld++)
                slots[2 * ins + outs + outputsHeld] = outputs[outputsHeld]?.Handle.Acquire() ?? 0;
            for (int i = 0; i < ins; i++)
                slots[i] = (nint)InputNames[inputIndexes[i]];
            for (int i = 0; i < outs; i++)
                slots[2 * ins + i] = (nint)OutputNames[outputIndexes[i]];
            fixed (nint* start = slots)
                Run((byte**)start, start + ins, ins, (byte**)(start + 2 * ins), start + 2 * ins + outs, outs, options);
        }
        finally
        {
            for (int i = 0; i < inputsHeld; i++)
                inputs[i].Handle.DangerousRelease();
            for (int i = 0; i < outputsHeld; i++)
                outputs[i]?.Handle.DangerousRelease();
        }
        for (int i = 0; i < outs; i++)
            outputs[i] ??= new OrtValue(slots[2 * ins + outs + i]);
    }

    /// <summary>Stops profiling and writes its file.</summary>
    /// <returns>The file's path: a Chrome trace (JSON).</returns>
    /// <exception cref="InvalidOperationException">The session was not made with <see cref="OrtSessionOptions.ProfilePrefix"/>, or its profile has ended.</exception>
    public string EndProfiling()
    {
        var library = OrtLibrary.Instance;
        byte* path;
        nint session = Handle.Acquire();
        try
        {
            OrtException.ThrowIfError(_api, _api->SessionEndProfiling(session, library.DefaultAllocator, &path), "Profiling");
        }
        finally
        {
            Handle.DangerousRelease();
        }
        return library.TakeString(path) is { Length: > 0 } file
            ? file : throw new InvalidOperationException("The session is not profiling.");
    }

    /// <summary>The memory of the session's CPU arena: weights, and what the runs need.</summary>
    /// <returns>Null when the arena is off, or ONNX Runtime is older than 1.24.</returns>
    public OrtMemoryUse? ReadMemoryUse()
    {
        nint session = Handle.Acquire();
        try
        {
            return OrtLibrary.Instance.Has124 ? OrtMemoryUse.Read(session) : null;
        }
        finally
        {
            Handle.DangerousRelease();
        }
    }

    /// <summary>Frees the session once no call is in flight.</summary>
    public void Dispose() => Handle.Dispose();

    /// <summary>Runs with values whose lives the caller guards.</summary>
    internal void Run(byte** inputNames, nint* inputs, int inputCount, byte** outputNames, nint* outputs, int outputCount, OrtRunOptions? options)
    {
        nint session = Handle.Acquire();
        try
        {
            nint run = options is null ? 0 : options.Handle.Acquire();
            nint status = _api->Run(session, run, inputNames, inputs, (nuint)inputCount, outputNames, (nuint)outputCount, outputs);
            options?.Handle.DangerousRelease();
            OrtException.ThrowIfError(_api, status, "The run failed");
        }
        finally
        {
            Handle.DangerousRelease();
        }
        GC.KeepAlive(this);
    }
}
