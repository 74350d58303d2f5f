using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// A loaded model: the package's session, with the providers that it fell back to, and a count of the calls in flight. Thread-safe:
/// calls may run side by side, and disposing beside a call in flight frees the session when that call has ended.
/// </summary>
public sealed class OrtSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options;
    private readonly CallCount _calls;
    private readonly OrtSharedWeights? _weights;

    /// <summary>Loads a model's file.</summary>
    /// <exception cref="OrtException">The file is missing, cut short or no valid model, or no wanted provider can run it.</exception>
    public OrtSession(OrtEnvironment environment, string modelPath, OrtSessionOptions options)
        : this(environment, native => new InferenceSession(modelPath, native), options, $"The model {modelPath}")
    {
    }

    /// <summary>Loads a model's file over weights that it shares with other sessions of the same file.</summary>
    /// <exception cref="OrtException">As above.</exception>
    internal OrtSession(OrtEnvironment environment, string modelPath, OrtSharedWeights weights, OrtSessionOptions options)
        : this(environment, native => weights.CreateSession(modelPath, native), options, $"The model {modelPath}") =>
        _weights = weights.Acquire();

    /// <summary>Loads a model from memory, which is not needed afterwards.</summary>
    /// <exception cref="OrtException">The bytes are no valid model, or no wanted provider can run it.</exception>
    public OrtSession(OrtEnvironment environment, byte[] model, OrtSessionOptions options)
        : this(environment, native => new InferenceSession(model, native), options, "The model in memory")
    {
    }

    private OrtSession(OrtEnvironment environment, Func<SessionOptions, InferenceSession> create, OrtSessionOptions options, string what)
    {
        // Nothing of the package may be touched before the library was found; an environment proves that it was.
        ArgumentNullException.ThrowIfNull(environment);
        (_session, var registered, var skipped) = SessionLoader.Load(create, options, what);
        _options = new RunOptions();
        _calls = new CallCount(this);
        try
        {
            var nodes = NodeAssignment.Count(_session);
            Provider = SessionLoader.RunningProvider(registered, nodes);
            ProviderNodes = nodes;
            SkippedProviders = skipped;
            Inputs = [.. _session.InputNames.Select(name => OrtTensorInfo.Of(name, _session.InputMetadata[name]))];
            Outputs = [.. _session.OutputNames.Select(name => OrtTensorInfo.Of(name, _session.OutputMetadata[name]))];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The graph's inputs, in its order.</summary>
    public IReadOnlyList<OrtTensorInfo> Inputs { get; }

    /// <summary>The graph's outputs, in its order.</summary>
    public IReadOnlyList<OrtTensorInfo> Outputs { get; }

    /// <summary>What the file says of itself.</summary>
    public ModelMetadata Metadata => _session.ModelMetadata;

    /// <summary>The provider that really runs: the most preferred of the wanted ones that was given nodes, or <c>cpu</c>.</summary>
    public string Provider { get; }

    /// <summary>How many of the graph's nodes each provider runs.</summary>
    public IReadOnlyDictionary<string, int> ProviderNodes { get; }

    /// <summary>Wanted providers that do not run here, and why.</summary>
    public IReadOnlyList<SkippedProvider> SkippedProviders { get; }

    /// <summary>Runs the model.</summary>
    /// <param name="inputNames">Which inputs are given.</param>
    /// <param name="inputs">Their values, in the same order.</param>
    /// <param name="outputNames">Which outputs are wanted; others may not be computed.</param>
    /// <param name="options">Lets another thread end the run; null for none.</param>
    /// <returns>The outputs, allocated by ONNX Runtime, in the order asked for. Disposed by whoever takes them.</returns>
    /// <exception cref="ArgumentException">As many names as values are needed.</exception>
    /// <exception cref="OrtException">A value does not fit the model, the run failed, or it was ended.</exception>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    public IDisposableReadOnlyCollection<OrtValue> Run(
        IReadOnlyCollection<string> inputNames, IReadOnlyCollection<OrtValue> inputs, IReadOnlyCollection<string> outputNames, RunOptions? options = null)
    {
        bool counted = false;
        try
        {
            _calls.DangerousAddRef(ref counted);
            return _session.Run(options ?? _options, inputNames, inputs, outputNames);
        }
        catch (Exception error) when (OrtException.IsNative(error))
        {
            throw OrtException.From(error, "The run failed");
        }
        finally
        {
            if (counted)
                _calls.DangerousRelease();
        }
    }

    /// <summary>Frees the session once no call is in flight.</summary>
    public void Dispose() => _calls.Dispose();

    /// <summary>The package frees a session under the runs in flight. A safe handle's count keeps it until the last has ended.</summary>
    private sealed class CallCount : SafeHandle
    {
        private readonly OrtSession _owner;

        internal CallCount(OrtSession owner)
            : base(0, ownsHandle: true)
        {
            _owner = owner;
            SetHandle(1);
        }

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            _owner._session.Dispose();
            _owner._options.Dispose();
            _owner._weights?.Release();
            return true;
        }
    }
}
