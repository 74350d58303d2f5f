using System.Diagnostics;
using System.Text;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Execution;

/// <summary>One run on raw tensors. It runs alone: nothing says how its tensors would be stacked with others.</summary>
internal sealed class TensorItem(TensorRequest request, string version) : WorkItem
{
    private readonly TaskCompletionSource<Outcome<TensorOutput>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TensorOutput? _output;

    public Task<Outcome<TensorOutput>> Answer => _answer.Task;

    /// <summary>On the session's thread: binds, runs, copies the outputs out.</summary>
    /// <exception cref="OrtException">The graph refused the tensors or failed.</exception>
    public void Run(OrtSession session)
    {
        var indexes = new int[request.Inputs.Count];
        var inputs = new OrtValue[indexes.Length];
        var wanted = WantedOutputs(session);
        var outputs = new OrtValue?[wanted.Length];
        var buffers = new NativeBuffer?[indexes.Length];
        try
        {
            for (var i = 0; i < indexes.Length; i++)
            {
                indexes[i] = IndexOf(session.Inputs, request.Inputs[i].Name);
                inputs[i] = Bind(request.Inputs[i], buffers[i] = new NativeBuffer());
            }

            session.Run(indexes, inputs, wanted, outputs);
            var named = new NamedTensor[wanted.Length];
            for (var i = 0; i < wanted.Length; i++)
                named[i] = Copy(session.Outputs[wanted[i]].Name, outputs[i]!);
            _output = new TensorOutput(version, named);
        }
        finally
        {
            foreach (var input in inputs)
                input?.Dispose();
            foreach (var output in outputs)
                output?.Dispose();
            foreach (var buffer in buffers)
                buffer?.Dispose();
        }
    }

    public override Activity? Caller { get; } = Tracing.Caller;

    public void Deliver() => _answer.TrySetResult(_output!);

    public override void Fail(InferenceError error) => _answer.TrySetResult(error);

    /// <summary>The caller stops waiting.</summary>
    public void Abandon(InferenceError? error, CancellationToken cancellation)
    {
        if (error is null)
            _answer.TrySetCanceled(cancellation);
        else
            _answer.TrySetResult(error);
    }

    private int[] WantedOutputs(OrtSession session)
    {
        var wanted = new int[request.Outputs.Count == 0 ? session.Outputs.Count : request.Outputs.Count];
        for (var i = 0; i < wanted.Length; i++)
            wanted[i] = request.Outputs.Count == 0 ? i : IndexOf(session.Outputs, request.Outputs[i]);
        return wanted;
    }

    // The names were checked when the request was admitted.
    private static int IndexOf(IReadOnlyList<OrtTensorInfo> infos, string name)
    {
        for (var i = 0; i < infos.Count; i++)
        {
            if (infos[i].Name == name)
                return i;
        }

        throw new ModelOutputException($"the graph has nothing named '{name}'");
    }

    private static unsafe OrtValue Bind(NamedTensor tensor, NativeBuffer buffer)
    {
        if (tensor.Type == OrtElementType.String)
            return BindStrings(tensor);
        buffer.EnsureCapacity((nuint)tensor.Data.Length);
        tensor.Data.Span.CopyTo(buffer.As<byte>(tensor.Data.Length));
        return OrtValue.OverMemory(buffer.Address, (nuint)tensor.Data.Length, tensor.Type, tensor.Shape);
    }

    private static OrtValue BindStrings(NamedTensor tensor)
    {
        var lengths = new int[tensor.Strings!.Count];
        for (var i = 0; i < lengths.Length; i++)
            lengths[i] = tensor.Strings[i].Length;
        var bytes = new byte[lengths.Sum()];
        var at = 0;
        foreach (var text in tensor.Strings)
        {
            text.Span.CopyTo(bytes.AsSpan(at));
            at += text.Length;
        }

        return OrtValue.Strings(bytes, lengths, tensor.Shape);
    }

    private static NamedTensor Copy(string name, OrtValue value)
    {
        Span<long> shape = stackalloc long[32];
        var rank = value.GetShape(shape);
        var tensor = new NamedTensor { Name = name, Type = value.ElementType, Shape = shape[..rank].ToArray() };
        return value.ElementType == OrtElementType.String
            ? tensor with { Strings = Array.ConvertAll(value.GetStrings(), text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)) }
            : tensor with { Data = value.Bytes.ToArray() };
    }
}
