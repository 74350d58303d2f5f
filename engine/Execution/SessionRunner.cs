using System.Numerics;
using System.Numerics.Tensors;
using Orrery.Engine.Batching;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Execution;

/// <summary>
/// Runs batches of one model on one thread. Inputs lie in native memory that is kept between runs;
/// the output is read where ONNX Runtime put it. Several runners share one session, which is safe for concurrent runs.
/// </summary>
internal sealed class SessionRunner : IBatchRunner
{
    private readonly ModelSessions _sessions;
    private readonly GraphLayout? _layout;
    private readonly int _padId;
    private readonly ModuleChain? _chain;
    private readonly float[] _scratch;
    private readonly NativeBuffer[] _buffers;
    private readonly OrtBinding? _narrow;
    private readonly OrtBinding? _wide;
    private readonly NativeBuffer[] _converted;
    private readonly bool[] _isConverted;
    private readonly long[][] _shapes;
    private readonly int[] _outputs;
    private float[] _weights = [];
    private float[] _space = [];
    private readonly int _fill;
    private OrtBinding? _last;
    private int _longest;

    /// <param name="sessions">Shared; not disposed here.</param>
    /// <param name="layout">Of a text model's graph; null when only raw tensors are run.</param>
    /// <param name="padId">What fills up shorter texts.</param>
    /// <param name="chain">What becomes of token vectors where that is more than one pooling.</param>
    public SessionRunner(ModelSessions sessions, GraphLayout? layout, int padId, ModuleChain? chain = null)
    {
        _sessions = sessions;
        _layout = layout;
        _padId = padId;
        _chain = chain;
        _scratch = new float[chain?.ScratchLength ?? 0];
        _buffers = new NativeBuffer[layout?.Feeds.Length ?? 0];
        for (var i = 0; i < _buffers.Length; i++)
            _buffers[i] = new NativeBuffer();
        _outputs = layout?.Bound ?? [];
        _converted = new NativeBuffer[_outputs.Length];
        _isConverted = new bool[_outputs.Length];
        _shapes = new long[_outputs.Length][];
        for (var i = 0; i < _outputs.Length; i++)
        {
            _converted[i] = new NativeBuffer();
            _shapes[i] = new long[3];
        }

        if (layout is null)
            return;
        var inputs = new int[_buffers.Length];
        for (var i = 0; i < inputs.Length; i++)
            inputs[i] = i;
        _fill = GraphLimits.Of(sessions.Narrow.Inputs, layout).Tokens;
        _narrow = new OrtBinding(sessions.Narrow, inputs, _outputs);
        _wide = sessions.Wide is null ? null : new OrtBinding(sessions.Wide, inputs, _outputs);
    }

    /// <summary>Floats of a row (a token's, or a text's) in the output last computed.</summary>
    public int RowLength => Hidden(0);

    /// <summary>A batch of equal texts that belong to no request, to be computed and not delivered.</summary>
    public static List<QueueEntry> ProbeBatch(int items, int length, int id)
    {
        var ids = new int[length];
        Array.Fill(ids, id);
        var texts = new int[items][];
        Array.Fill(texts, ids);
        return ProbeBatch(texts);
    }

    /// <summary>A batch of texts that belong to no request, by their ids.</summary>
    public static List<QueueEntry> ProbeBatch(int[][] texts)
    {
        var job = new TextJob(new TextOutput(1, [], []) { Version = "" }, default, texts.Length);
        var batch = new List<QueueEntry>(texts.Length);
        for (var i = 0; i < texts.Length; i++)
            batch.Add(new TextItem { Ids = texts[i], Length = texts[i].Length, Job = job, Index = i });
        return batch;
    }

    /// <summary>The numbers of the model's own output as it was last computed, text after text; valid until the next run.</summary>
    public ReadOnlySpan<float> FirstOutput() => Values(0);

    public void Compute(List<QueueEntry> batch, bool alone)
    {
        if (batch[0] is TensorItem tensors)
            tensors.Run(alone ? _sessions.Wide ?? _sessions.Narrow : _sessions.Narrow);
        else
            ComputeTexts(batch, alone ? _wide ?? _narrow! : _narrow!);
    }

    public void Deliver(List<QueueEntry> batch)
    {
        if (batch[0] is TensorItem tensors)
        {
            tensors.Deliver();
            return;
        }

        for (var i = 0; i < batch.Count; i++)
        {
            for (var item = (TextItem)batch[i]; item is not null; item = item.Follower)
                Deliver(item, i, batch.Count);
        }
    }

    public void Dispose()
    {
        _narrow?.Dispose();
        _wide?.Dispose();
        foreach (var buffer in _buffers)
            buffer.Dispose();
        foreach (var buffer in _converted)
            buffer.Dispose();
    }

    /// <summary>Writes a text's rows into its answer. Whatever fails in that fails this text's request, and no other of the batch.</summary>
    private void Deliver(TextItem item, int index, int count)
    {
        InferenceError? error;
        try
        {
            var values = Values(item.Job.Postprocessing.Output);
            var row = values.Length / count;
            error = item.Job.Abandoned ? null : Write(item, values.Slice(index * row, row));
        }
        catch (Exception e)
        {
            error = new InferenceError(InferenceErrorKind.Failed, e.Message);
        }

        if (error is null)
            item.Job.Delivered();
        else
            item.Job.Failed(error);
    }

    private InferenceError? Write(TextItem item, ReadOnlySpan<float> row)
    {
        var job = item.Job;
        if (job.Postprocessing.Sparse is { } sparse)
            return WriteSparse(item, row, sparse);
        var destination = job.Output.Memory(item.Index).Span;
        var (pooling, normalize, perToken, output, chained, _) = job.Postprocessing;
        var hidden = Hidden(output);
        if (destination.Length > (perToken ? row.Length : chained ? _chain!.Width : hidden))
            return new InferenceError(InferenceErrorKind.Failed, $"the graph answered {hidden} numbers a row, fewer than when it was loaded");

        if (chained)
            _chain!.Apply(row[..(item.Length * hidden)], item.Skipped, _scratch)[..destination.Length].CopyTo(destination);
        else if (_layout!.KindOf(output) == OutputKind.Tokens && !perToken)
            Pooler.Pool(row[..(item.Length * hidden)], hidden, item.Skipped, pooling, destination);
        else
            row[..destination.Length].CopyTo(destination);

        if (!Pooler.IsFinite(destination))
            return new InferenceError(InferenceErrorKind.Failed, $"the model's output for input {item.Index} is not finite");
        if (normalize && !perToken)
            Pooler.Normalize(destination);
        return null;
    }

    private InferenceError? WriteSparse(TextItem item, ReadOnlySpan<float> row, SparsePooling sparse)
    {
        var vocabulary = Hidden(0);
        if (_weights.Length != vocabulary)
            (_weights, _space) = (new float[vocabulary], new float[vocabulary]);
        sparse.Pool(row[..(item.Length * vocabulary)], _weights, _space);
        if (!Pooler.IsFinite(_weights))
            return new InferenceError(InferenceErrorKind.Failed, $"the model's output for input {item.Index} is not finite");
        item.Job.Output.Sparse![item.Index] = SparsePooling.Gather(_weights);
        return null;
    }

    private void ComputeTexts(List<QueueEntry> batch, OrtBinding binding)
    {
        _longest = _fill;
        foreach (var entry in batch)
            _longest = Math.Max(_longest, entry.Length);
        for (var i = 0; i < _buffers.Length; i++)
            Fill(i, batch, binding);
        _last = binding;
        binding.Run();
        Check(batch.Count);
    }

    private unsafe void Fill(int input, List<QueueEntry> batch, OrtBinding binding)
    {
        var info = _sessions.Narrow.Inputs[input];
        var type = info.ElementType;
        var buffer = _buffers[input];
        if (_layout!.Feeds[input] == TextFeed.EmptyPast)
        {
            var past = new long[info.Shape.Length];
            for (var i = 0; i < past.Length; i++)
                past[i] = i == 0 ? batch.Count : Math.Max(0, info.Shape[i]);
            buffer.EnsureCapacity((nuint)type.SizeOf());
            binding.SetInput(input, buffer.Address, 0, type, past);
            return;
        }

        var count = batch.Count * _longest;
        buffer.EnsureCapacity((nuint)(count * type.SizeOf()));
        for (var i = 0; i < batch.Count; i++)
        {
            var item = (TextItem)batch[i];
            if (type == OrtElementType.Int64)
                FillRow(_layout!.Feeds[input], item, buffer.As<long>(count).Slice(i * _longest, _longest));
            else
                FillRow(_layout!.Feeds[input], item, buffer.As<int>(count).Slice(i * _longest, _longest));
        }

        binding.SetInput(input, buffer.Address, (nuint)(count * type.SizeOf()), type, [batch.Count, _longest]);
    }

    private void FillRow<T>(TextFeed feed, TextItem item, Span<T> row)
        where T : unmanaged, INumber<T>
    {
        var used = row[..item.Length];
        switch (feed)
        {
            case TextFeed.InputIds:
                Widen(item.Ids, used);
                break;
            case TextFeed.AttentionMask:
                used.Fill(T.One);
                break;
            case TextFeed.TokenTypeIds when item.TypeIds is { } types:
                Widen(types, used);
                break;
            case TextFeed.TokenTypeIds:
                used.Clear();
                break;
            case TextFeed.PositionIds:
                for (var i = 0; i < used.Length; i++)
                    used[i] = T.CreateTruncating(i + _layout!.FirstPosition);
                break;
        }

        row[item.Length..].Fill(feed == TextFeed.InputIds ? T.CreateTruncating(_padId) : T.Zero);
    }

    private static void Widen<T>(ReadOnlySpan<int> ids, Span<T> destination)
        where T : unmanaged, INumber<T>
    {
        for (var i = 0; i < ids.Length; i++)
            destination[i] = T.CreateTruncating(ids[i]);
    }

    private int Hidden(int output) => (int)_shapes[output][_layout!.KindOf(output) == OutputKind.Tokens ? 2 : 1];

    /// <summary>A graph may answer other sizes than it declares: what is read below must be there.</summary>
    private void Check(int items)
    {
        for (var i = 0; i < _outputs.Length; i++)
        {
            var shape = _shapes[i];
            var rank = _last!.OutputShape(i, shape);
            var wanted = _layout!.KindOf(i) == OutputKind.Tokens ? 3 : 2;
            if (rank != wanted || shape[0] != items || (rank == 3 && shape[1] != _longest))
            {
                throw new ModelOutputException(
                    $"the graph's output '{_sessions.Narrow.Outputs[_outputs[i]].Name}' has shape [{string.Join(", ", shape[..Math.Min(rank, shape.Length)])}] for {items} texts of {_longest} tokens");
            }

            if (_last.OutputType(i) is not (OrtElementType.Float32 or OrtElementType.Float16) and var type)
                throw new ModelOutputException($"the graph's output '{_sessions.Narrow.Outputs[_outputs[i]].Name}' is {type} and not floats");
            _isConverted[i] = false;
        }
    }

    private ReadOnlySpan<float> Values(int output)
    {
        if (_last!.OutputType(output) == OrtElementType.Float32)
            return _last.Output<float>(output);
        var halves = _last.Output<Half>(output);
        var values = _converted[output].As<float>(halves.Length);
        if (!_isConverted[output])
            TensorPrimitives.ConvertToSingle(halves, values);
        _isConverted[output] = true;
        return values;
    }
}
