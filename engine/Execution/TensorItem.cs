using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.OnnxRuntime;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Execution;

/// <summary>One run on raw tensors. It runs alone: nothing says how its tensors would be stacked with others.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The run that makes it disposes it.")]
internal sealed class TensorItem(TensorRequest request, string version) : WorkItem
{
    private readonly TaskCompletionSource<Outcome<TensorOutput>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private RunOptions? _options;
    private TensorOutput? _output;
    private bool _ended;

    public Task<Outcome<TensorOutput>> Answer => _answer.Task;

    /// <summary>On the session's thread: binds, runs, copies the outputs out.</summary>
    /// <exception cref="OrtException">The graph refused the tensors or failed.</exception>
    public void Run(OrtSession session)
    {
        var names = new string[request.Inputs.Count];
        var inputs = new OrtValue[names.Length];
        var buffers = new NativeBuffer?[names.Length];
        var wanted = WantedOutputs(session);
        var options = Begin();
        try
        {
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = request.Inputs[i].Name;
                inputs[i] = Bind(request.Inputs[i], buffers[i] = new NativeBuffer());
            }

            using var outputs = session.Run(names, inputs, wanted, options);
            var named = new NamedTensor[wanted.Length];
            for (var i = 0; i < wanted.Length; i++)
                named[i] = Copy(wanted[i], outputs[i]);
            _output = new TensorOutput(version, named);
        }
        finally
        {
            lock (_gate)
                _options = null;
            options.Dispose();
            foreach (var input in inputs)
                input?.Dispose();
            foreach (var buffer in buffers)
                buffer?.Dispose();
        }
    }

    public override Activity? Caller { get; } = Tracing.Caller;

    public void Deliver() => _answer.TrySetResult(_output!);

    public override void Fail(InferenceError error) => _answer.TrySetResult(error);

    public override void GiveUp(long now, InferenceError error)
    {
        if (Deadline <= now)
            Abandon(error, default);
    }

    /// <summary>The caller stops waiting: a run that goes on is ended, between two of the graph's nodes.</summary>
    public void Abandon(InferenceError? error, CancellationToken cancellation)
    {
        if (error is null ? !_answer.TrySetCanceled(cancellation) : !_answer.TrySetResult(error))
            return;
        lock (_gate)
        {
            _ended = true;
            _options?.Terminate = true;
        }
    }

    private RunOptions Begin()
    {
        lock (_gate)
            return _options = new RunOptions { Terminate = _ended };
    }

    // The names were checked when the request was admitted.
    private string[] WantedOutputs(OrtSession session)
    {
        var wanted = new string[request.Outputs.Count == 0 ? session.Outputs.Count : request.Outputs.Count];
        for (var i = 0; i < wanted.Length; i++)
            wanted[i] = request.Outputs.Count == 0 ? session.Outputs[i].Name : request.Outputs[i];
        return wanted;
    }

    private static unsafe OrtValue Bind(NamedTensor tensor, NativeBuffer buffer)
    {
        if (tensor.Type == OrtElementType.String)
            return BindStrings(tensor);
        tensor.Data.Span.CopyTo(buffer.As<byte>(tensor.Data.Length));
        return OrtBinding.Over(buffer.Address, (nuint)tensor.Data.Length, tensor.Type, tensor.Shape);
    }

    private static OrtValue BindStrings(NamedTensor tensor)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.Shape);
        for (var i = 0; i < tensor.Strings!.Count; i++)
            value.StringTensorSetElementAt(tensor.Strings[i].Span, i);
        return value;
    }

    private static NamedTensor Copy(string name, OrtValue value)
    {
        if (!value.IsTensor)
            throw new ModelOutputException($"the graph's output '{name}' is no tensor");
        var info = value.GetTensorTypeAndShape();
        var tensor = new NamedTensor { Name = name, Type = (OrtElementType)info.ElementDataType, Shape = info.Shape };
        if (!info.IsString)
            return tensor with { Data = OrtBinding.Bytes(value).ToArray() };
        var strings = new ReadOnlyMemory<byte>[info.ElementCount];
        for (var i = 0; i < strings.Length; i++)
            strings[i] = value.GetStringElementAsSpan(i).ToArray();
        return tensor with { Strings = strings };
    }
}
