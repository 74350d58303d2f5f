namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// A call that is made again and again with the same inputs and outputs: the tensors over the caller's memory are kept
/// while memory and shape stay the same, and a run allocates nothing managed. For one thread at a time.
/// </summary>
public sealed unsafe class OrtBinding : IDisposable
{
    private readonly OrtSession _session;
    private readonly int _inputCount;
    private readonly int _outputCount;
    private readonly Slot[] _slots;

    // Pinned: the names and values of the inputs, then those of the outputs, as the C API takes them.
    private readonly nint[] _arguments;

    /// <summary>A call of <paramref name="session"/>, which must stay open as long.</summary>
    /// <param name="session">The model.</param>
    /// <param name="inputs">Which inputs are given, as indexes into <see cref="OrtSession.Inputs"/>.</param>
    /// <param name="outputs">Which outputs are wanted, as indexes into <see cref="OrtSession.Outputs"/>.</param>
    public OrtBinding(OrtSession session, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs)
    {
        (_session, _inputCount, _outputCount) = (session, inputs.Length, outputs.Length);
        _slots = new Slot[_inputCount + _outputCount];
        _arguments = GC.AllocateArray<nint>(2 * _slots.Length, pinned: true);
        for (int i = 0; i < _inputCount; i++)
            _arguments[i] = (nint)session.InputNames[inputs[i]];
        for (int i = 0; i < _outputCount; i++)
            _arguments[2 * _inputCount + i] = (nint)session.OutputNames[outputs[i]];
    }

    /// <summary>Frees what was not disposed.</summary>
    ~OrtBinding() => Free();

    /// <summary>Gives an input: native memory that must stay where it is until it is replaced or the binding disposed.</summary>
    /// <param name="input">Its place among the inputs of the constructor.</param>
    /// <param name="data">The elements, row by row.</param>
    /// <param name="byteLength">Bytes of the memory.</param>
    /// <param name="type">The elements' type; not text.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="OrtException">The memory is too small for the shape.</exception>
    public void SetInput(int input, void* data, nuint byteLength, OrtElementType type, ReadOnlySpan<long> shape)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)input, (uint)_inputCount, nameof(input));
        Set(input, _inputCount + input, data, byteLength, type, shape);
    }

    /// <summary>Gives memory that an output is written into, of exactly the shape that the run will have.</summary>
    /// <inheritdoc cref="SetInput"/>
    public void SetOutput(int output, void* data, nuint byteLength, OrtElementType type, ReadOnlySpan<long> shape)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)output, (uint)_outputCount, nameof(output));
        Set(_inputCount + output, OutputArgument(output), data, byteLength, type, shape);
    }

    /// <summary>Runs the model. Outputs without memory of the caller's are allocated anew, and the last run's freed.</summary>
    /// <exception cref="OrtException">A value does not fit the model or is missing, the run failed, or it was ended.</exception>
    public void Run(OrtRunOptions? options = null)
    {
        for (int i = 0; i < _outputCount; i++)
        {
            if (!_slots[_inputCount + i].Borrowed)
                Release(OutputArgument(i));
        }
        for (int i = 0; i < _inputCount; i++)
        {
            if (_arguments[_inputCount + i] == 0)
                throw new InvalidOperationException($"Input {i} of the binding was not given.");
        }
        // The array is pinned for its whole life, so no address in it can move during the run.
        fixed (nint* start = _arguments)
        {
            _session.Run((byte**)start, start + _inputCount, _inputCount,
                (byte**)(start + 2 * _inputCount), start + 2 * _inputCount + _outputCount, _outputCount, options);
        }
        GC.KeepAlive(this);
    }

    /// <summary>The elements of an output of the last run, in place: valid until the next run.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has not the size of an element, or nothing ran.</exception>
    public ReadOnlySpan<T> Output<T>(int output) where T : unmanaged => TensorReader.Elements<T>(OutputValue(output));

    /// <summary>The element type of an output of the last run.</summary>
    public OrtElementType OutputType(int output) => TensorReader.Describe(OutputValue(output), []).Type;

    /// <summary>Copies the dimensions of an output of the last run.</summary>
    /// <returns>How many there are, which may be more than there was room for.</returns>
    public int OutputShape(int output, Span<long> shape) => TensorReader.Describe(OutputValue(output), shape).Rank;

    /// <summary>Frees the tensors; the caller's memory stays. Not while a run is in flight.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private int OutputArgument(int output) => 2 * _inputCount + _outputCount + output;

    private nint OutputValue(int output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)output, (uint)_outputCount, nameof(output));
        nint value = _arguments[OutputArgument(output)];
        return value != 0 ? value : throw new InvalidOperationException("There is no output before a run.");
    }

    private void Set(int slot, int argument, void* data, nuint byteLength, OrtElementType type, ReadOnlySpan<long> shape)
    {
        ref var current = ref _slots[slot];
        if (current.Borrowed && current.Matches(data, byteLength, type, shape))
            return;
        nint value = TensorReader.Over(data, byteLength, type, shape);
        Release(argument);
        _arguments[argument] = value;
        current.Remember(data, byteLength, type, shape);
    }

    private void Release(int argument)
    {
        OrtLibrary.Instance.Api->ReleaseValue(_arguments[argument]);
        _arguments[argument] = 0;
    }

    private void Free()
    {
        // A constructor that threw leaves the arrays null for the finalizer.
        if (_arguments is null)
            return;
        for (int i = 0; i < _inputCount; i++)
            Release(_inputCount + i);
        for (int i = 0; i < _outputCount; i++)
            Release(OutputArgument(i));
        Array.Clear(_slots);
    }

    /// <summary>What a tensor was made over.</summary>
    private struct Slot
    {
        private void* _data;
        private nuint _byteLength;
        private OrtElementType _type;
        private long[]? _shape;
        private int _rank;

        internal bool Borrowed;

        internal readonly bool Matches(void* data, nuint byteLength, OrtElementType type, ReadOnlySpan<long> shape) =>
            data == _data && byteLength == _byteLength && type == _type && shape.SequenceEqual(_shape.AsSpan(0, _rank));

        internal void Remember(void* data, nuint byteLength, OrtElementType type, ReadOnlySpan<long> shape)
        {
            _data = data;
            (_byteLength, _type, _rank, Borrowed) = (byteLength, type, shape.Length, true);
            if (_shape is null || _shape.Length < _rank)
                _shape = new long[_rank];
            shape.CopyTo(_shape);
        }
    }
}
