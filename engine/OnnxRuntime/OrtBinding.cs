using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// A call that is made again and again with the same inputs and outputs: the tensors over the caller's memory are kept while
/// memory and shape stay the same, and outputs are read where ONNX Runtime put them. For one thread at a time.
/// </summary>
/// <remarks>
/// Not the package's <see cref="OrtIoBinding"/>: that copies an input to its device when it is bound, not when it is run, so what is
/// written into the same memory afterwards would not be seen there; and it takes 0.2 us longer. A call through an Identity graph takes
/// 2.2 us by the C API alone and 3.2 us so (three small arrays, and a wrapper for each output); where the shape changes with every call
/// 2.3 and 3.6.
/// </remarks>
public sealed unsafe class OrtBinding : IDisposable
{
    private readonly OrtSession _session;
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;
    private readonly OrtValue?[] _inputs;
    private readonly Borrowed[] _borrowed;
    private readonly Computed[] _computed;
    private IDisposableReadOnlyCollection<OrtValue>? _outputs;

    /// <summary>A call of <paramref name="session"/>, which must stay open as long.</summary>
    /// <param name="session">The model.</param>
    /// <param name="inputs">Which inputs are given, as indexes into <see cref="OrtSession.Inputs"/>.</param>
    /// <param name="outputs">Which outputs are wanted, as indexes into <see cref="OrtSession.Outputs"/>; tensors of numbers.</param>
    public OrtBinding(OrtSession session, ReadOnlySpan<int> inputs, ReadOnlySpan<int> outputs)
    {
        _session = session;
        _inputNames = new string[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
            _inputNames[i] = session.Inputs[inputs[i]].Name;
        _outputNames = new string[outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
            _outputNames[i] = session.Outputs[outputs[i]].Name;
        _inputs = new OrtValue?[inputs.Length];
        _borrowed = new Borrowed[inputs.Length];
        _computed = new Computed[outputs.Length];
    }

    /// <summary>Gives an input: native memory that must stay where it is until it is replaced or the binding disposed.</summary>
    /// <param name="input">Its place among the inputs of the constructor.</param>
    /// <param name="data">The elements, row by row.</param>
    /// <param name="byteLength">Bytes of the memory.</param>
    /// <param name="type">The elements' type; not text.</param>
    /// <param name="shape">The dimensions.</param>
    /// <exception cref="OrtException">The memory is too small for the shape.</exception>
    public void SetInput(int input, void* data, nuint byteLength, OrtElementType type, ReadOnlySpan<long> shape)
    {
        ref var current = ref _borrowed[input];
        if (_inputs[input] is not null && current.Matches(data, byteLength, type, shape))
            return;
        current = new Borrowed(data, byteLength, type, shape.ToArray());
        _inputs[input]?.Dispose();
        _inputs[input] = null;
        _inputs[input] = Over(data, byteLength, type, current.Shape);
    }

    /// <summary>Runs the model. The outputs of the last run are freed first, so that their memory is used again.</summary>
    /// <exception cref="OrtException">A value does not fit the model, the run failed, or it was ended.</exception>
    /// <exception cref="InvalidOperationException">An input was not given.</exception>
    public void Run(RunOptions? options = null)
    {
        Forget();
        for (int i = 0; i < _inputs.Length; i++)
        {
            if (_inputs[i] is null)
                throw new InvalidOperationException($"Input {i} of the binding was not given.");
        }
        _outputs = _session.Run(_inputNames, _inputs!, _outputNames, options);
        GC.KeepAlive(this);
        try
        {
            for (int i = 0; i < _computed.Length; i++)
                _computed[i] = new Computed(_outputs[i]);
        }
        catch (Exception error)
        {
            Forget();
            if (OrtException.IsNative(error))
                throw OrtException.From(error, "The output cannot be read");
            throw;
        }
    }

    /// <summary>The elements of an output of the last run, in place: valid until the next run.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> has not the size of an element, or nothing ran.</exception>
    public ReadOnlySpan<T> Output<T>(int output) where T : unmanaged
    {
        ref readonly var computed = ref Last(output);
        if (computed.Type.Bits() != 8 * sizeof(T))
            throw new InvalidOperationException($"A tensor of {computed.Type} is not to be read as {typeof(T).Name}, which has another size.");
        return new ReadOnlySpan<T>(computed.Data, computed.Count);
    }

    /// <summary>The element type of an output of the last run.</summary>
    public OrtElementType OutputType(int output) => Last(output).Type;

    /// <summary>Copies the dimensions of an output of the last run.</summary>
    /// <returns>How many there are, which may be more than there was room for.</returns>
    public int OutputShape(int output, Span<long> shape)
    {
        long[] own = Last(output).Shape;
        own.AsSpan(0, Math.Min(own.Length, shape.Length)).CopyTo(shape);
        return own.Length;
    }

    /// <summary>Frees the tensors; the caller's memory stays. Not while a run is in flight.</summary>
    public void Dispose()
    {
        Forget();
        for (int i = 0; i < _inputs.Length; i++)
        {
            _inputs[i]?.Dispose();
            _inputs[i] = null;
        }
    }

    /// <summary>A tensor over native memory that stays the caller's, and must stay where it is until the tensor is disposed.</summary>
    /// <inheritdoc cref="SetInput"/>
    internal static OrtValue Over(void* data, nuint byteLength, OrtElementType type, long[] shape)
    {
        try
        {
            return OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, (TensorElementType)type, shape, (nint)data, checked((long)byteLength));
        }
        catch (Exception error) when (OrtException.IsNative(error))
        {
            throw OrtException.From(error, "The tensor cannot be made");
        }
    }

    /// <summary>The bytes of a tensor of numbers, in place.</summary>
    /// <exception cref="OrtException">They are more than 2 GB: the package counts them in an int, and would give a part.</exception>
    internal static ReadOnlySpan<byte> Bytes(OrtValue value) => value.GetTensorSizeInBytes() <= int.MaxValue
        ? value.GetTensorMutableRawData()
        : throw new OrtException(OrtErrorCode.NotImplemented, $"A tensor of {value.GetTensorSizeInBytes()} bytes is not read: at most 2 GB are.");

    private ref readonly Computed Last(int output)
    {
        if (_outputs is null)
            throw new InvalidOperationException("There is no output before a run.");
        return ref _computed[output];
    }

    private void Forget()
    {
        _outputs?.Dispose();
        _outputs = null;
        Array.Clear(_computed);
    }

    /// <summary>What an input's tensor was made over.</summary>
    private readonly struct Borrowed(void* data, nuint byteLength, OrtElementType type, long[] shape)
    {
        private readonly void* _data = data;

        internal long[] Shape { get; } = shape;

        internal bool Matches(void* other, nuint otherLength, OrtElementType otherType, ReadOnlySpan<long> otherShape) =>
            other == _data && otherLength == byteLength && otherType == type && otherShape.SequenceEqual(Shape);
    }

    /// <summary>Where an output lies and what it is, asked once: it is read for each text of a batch.</summary>
    private readonly struct Computed
    {
        internal Computed(OrtValue value)
        {
            var info = value.GetTensorTypeAndShape();
            (Type, Shape) = ((OrtElementType)info.ElementDataType, info.Shape);
            Count = (int)info.ElementCount;
            Data = Unsafe.AsPointer(ref MemoryMarshal.GetReference(Bytes(value)));
        }

        internal OrtElementType Type { get; }
        internal long[] Shape { get; }
        internal int Count { get; }
        internal void* Data { get; }
    }
}
