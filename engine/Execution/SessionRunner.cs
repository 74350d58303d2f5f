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
    private readonly OrtSession _session;
    private readonly OrtSession _wide;
    private readonly GraphLayout? _layout;
    private readonly int _padId;
    private readonly NativeBuffer[] _buffers;
    private readonly OrtValue[] _inputs;
    private readonly int[] _inputIndexes;
    private readonly NativeBuffer _converted = new();
    private readonly int[] _outputIndex = new int[1];
    private readonly OrtValue?[] _output = new OrtValue?[1];
    private readonly long[] _shape = new long[3];
    private int _longest;

    /// <param name="session">Shared; not disposed here.</param>
    /// <param name="wide">The same graph with more threads a run, for a batch that has the machine to itself; null for none.</param>
    /// <param name="layout">Of a text model's graph; null when only raw tensors are run.</param>
    /// <param name="padId">What fills up shorter texts.</param>
    public SessionRunner(OrtSession session, OrtSession? wide, GraphLayout? layout, int padId)
    {
        _session = session;
        _wide = wide ?? session;
        _layout = layout;
        _padId = padId;
        var feeds = layout?.Feeds.Length ?? 0;
        _buffers = new NativeBuffer[feeds];
        _inputs = new OrtValue[feeds];
        _inputIndexes = new int[feeds];
        for (var i = 0; i < feeds; i++)
        {
            _buffers[i] = new NativeBuffer();
            _inputIndexes[i] = i;
        }
    }

    public void Compute(List<QueueEntry> batch, bool alone)
    {
        var session = alone ? _wide : _session;
        if (batch[0] is TensorItem tensors)
            tensors.Run(session);
        else
            ComputeTexts(batch, session);
    }

    /// <summary>A batch of texts that belong to no request, to be computed and not delivered.</summary>
    public static List<QueueEntry> ProbeBatch(int items, int length, int id)
    {
        var ids = new int[length];
        Array.Fill(ids, id);
        var job = new TextJob(new TextOutput(1, [], []) { Version = "" }, default, items);
        var batch = new List<QueueEntry>(items);
        for (var i = 0; i < items; i++)
            batch.Add(new TextItem { Ids = ids, Length = length, Job = job, Index = i });
        return batch;
    }

    /// <summary>Floats of a row (a token's, or a text's) in the output last computed.</summary>
    public int RowLength => (int)_shape[_layout!.Kind == OutputKind.Tokens ? 2 : 1];

    public void Deliver(List<QueueEntry> batch)
    {
        if (batch[0] is TensorItem tensors)
        {
            tensors.Deliver();
            return;
        }

        var values = Values(_output[0]!);
        var row = values.Length / batch.Count;
        for (var i = 0; i < batch.Count; i++)
        {
            for (var item = (TextItem)batch[i]; item is not null; item = item.Follower)
                Deliver(item, values.Slice(i * row, row));
        }

        _output[0]!.Dispose();
        _output[0] = null;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers)
            buffer.Dispose();
        _converted.Dispose();
        _output[0]?.Dispose();
    }

    private void Deliver(TextItem item, ReadOnlySpan<float> row)
    {
        var job = item.Job;
        if (job.Abandoned)
        {
            job.Delivered();
            return;
        }

        var destination = job.Output.Memory(item.Index).Span;
        var (pooling, normalize, perToken) = job.Postprocessing;
        var hidden = RowLength;
        if (_layout!.Kind == OutputKind.Tokens && !perToken)
            Pooler.Pool(row[..(item.Length * hidden)], hidden, pooling, destination);
        else
            row[..destination.Length].CopyTo(destination);

        if (!Pooler.IsFinite(destination))
        {
            job.Failed(new InferenceError(InferenceErrorKind.Failed, $"the model's output for input {item.Index} is not finite"));
            return;
        }

        if (normalize && !perToken)
            Pooler.Normalize(destination);
        job.Delivered();
    }

    private void ComputeTexts(List<QueueEntry> batch, OrtSession session)
    {
        _longest = 0;
        foreach (var entry in batch)
            _longest = Math.Max(_longest, entry.Length);
        for (var i = 0; i < _inputs.Length; i++)
            _inputs[i] = Fill(i, batch);

        _outputIndex[0] = _layout!.Output;
        _output[0]?.Dispose();
        _output[0] = null;
        try
        {
            session.Run(_inputIndexes, _inputs, _outputIndex, _output);
        }
        finally
        {
            foreach (var input in _inputs)
                input.Dispose();
        }

        Check(batch.Count);
    }

    private OrtValue Fill(int input, List<QueueEntry> batch)
    {
        var wide = _session.Inputs[input].ElementType == OrtElementType.Int64;
        var count = batch.Count * _longest;
        var buffer = _buffers[input];
        buffer.EnsureCapacity((nuint)(count * (wide ? sizeof(long) : sizeof(int))));
        for (var i = 0; i < batch.Count; i++)
        {
            var item = (TextItem)batch[i];
            if (wide)
                FillRow(_layout!.Feeds[input], item, buffer.As<long>(count).Slice(i * _longest, _longest));
            else
                FillRow(_layout!.Feeds[input], item, buffer.As<int>(count).Slice(i * _longest, _longest));
        }

        return OrtValue.Over(_session.Environment, buffer, _session.Inputs[input].ElementType, [batch.Count, _longest]);
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
                    used[i] = T.CreateTruncating(i);
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

    /// <summary>A graph may answer other sizes than it declares: what is read below must be there.</summary>
    private void Check(int items)
    {
        var output = _output[0]!;
        var rank = output.GetShape(_shape);
        var wanted = _layout!.Kind == OutputKind.Tokens ? 3 : 2;
        if (rank != wanted || _shape[0] != items || (rank == 3 && _shape[1] != _longest))
        {
            throw new ModelOutputException(
                $"the graph's output '{_session.Outputs[_layout.Output].Name}' has shape [{string.Join(", ", _shape[..rank])}] for {items} texts of {_longest} tokens");
        }
    }

    private ReadOnlySpan<float> Values(OrtValue output)
    {
        if (output.ElementType == OrtElementType.Float32)
            return output.Data<float>();
        var halves = output.Data<Half>();
        _converted.EnsureCapacity((nuint)halves.Length * sizeof(float));
        var values = _converted.As<float>(halves.Length);
        TensorPrimitives.ConvertToSingle(halves, values);
        return values;
    }
}
