using System.Collections.Immutable;
using System.Numerics.Tensors;
using Orrery.Engine.Execution;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Detectors;

/// <summary>
/// A classifier over rows of numbers: one input float32 (or float64) [rows, numbers], one output of scores [rows, classes]. Runs on one
/// thread at a time, in ONNX Runtime, whoever made the graph.
/// </summary>
internal sealed class Head : IDisposable
{
    /// <summary>Rows of one run: a kernel head holds a number for each row and support vector meanwhile.</summary>
    public const int MaxRows = 256;

    private readonly OrtSession _session;
    private readonly OrtBinding _binding;
    private readonly NativeBuffer _input = new();
    private readonly OrtElementType _type;
    private readonly string _name;
    private readonly bool _decision;
    private readonly long[] _shape = new long[2];

    private Head(OrtSession session, int output, string name, bool decision)
    {
        _session = session;
        _binding = new OrtBinding(session, [0], [output]);
        _type = session.Inputs[0].ElementType;
        _name = name;
        _decision = decision;
    }

    /// <summary>Numbers of a row; 0 when the graph does not say.</summary>
    public int Dimensions => _session.Inputs[0].Shape is [_, > 0 and var size] ? (int)size : 0;

    /// <summary>Held by whoever runs it: one at a time.</summary>
    public Lock Running { get; } = new();

    /// <summary>Numbers in its file, and so about the multiplications of a row.</summary>
    public long Weights { get; private init; }

    /// <summary>The classes in the order of the scores.</summary>
    public ImmutableArray<string> Labels { get; private init; } = [];

    /// <summary>Loads a head.</summary>
    /// <param name="environment">ONNX Runtime's.</param>
    /// <param name="file">The ONNX file's bytes.</param>
    /// <param name="manifest">What it belongs to; its labels come before the graph's.</param>
    /// <exception cref="ModelFormatException">The graph is no classifier over rows, or its classes are not those that the manifest names.</exception>
    public static Head Load(OrtEnvironment environment, ReadOnlySpan<byte> file, DetectorManifest manifest)
    {
        var graph = HeadGraph.Read(file, manifest.Head);
        OrtSession session;
        try
        {
            session = new OrtSession(environment, graph.Model.ToArray(), new OrtSessionOptions { IntraOpThreads = 1, EnableCpuArena = false });
        }
        catch (OrtException e)
        {
            throw new ModelFormatException($"{manifest.Head}: {e.Message}", e);
        }

        try
        {
            if (session.Inputs.Any(input => input.ElementType == OrtElementType.String))
                throw new ModelFormatException($"{manifest.Head}: takes strings, and a detector's head takes rows of numbers; a pipeline that reads texts itself is a model of its own: put it in a model's folder, and POST texts as BYTES to /v2/models/NAME/infer");
            if (session.Outputs.FirstOrDefault(output => output is { ElementType: OrtElementType.Int64 or OrtElementType.String, Shape: [_, > 1] }) is { } several)
                throw new ModelFormatException($"{manifest.Head}: its output '{several.Name}' has several labels for a row, and a detector gives one: train and export a head for each label, as detectors of their own");
            if (session.Inputs is not [{ ElementType: OrtElementType.Float32 or OrtElementType.Float64 }])
                throw new ModelFormatException($"{manifest.Head}: must take one input, float32 or float64 [rows, numbers]");
            var head = new Head(session, ScoresOutput(session, manifest.Head), manifest.Head, manifest.Decision)
            {
                Labels = manifest.Labels.Length > 0 ? manifest.Labels : graph.Labels,
                Weights = file.Length / sizeof(float),
            };
            if (head.Labels.Length < 2 && session.Outputs.Count == 1 && session.Outputs[0].Shape is [_] or [_, 1])
                throw new ModelFormatException($"{manifest.Head}: gives one number a row, as a regression does, and no classes; a detector gives probabilities of classes: train a classifier over ranges of the value, or serve the graph as a model (POST /v2/models/NAME/infer)");
            if (head.Labels.Length < 2)
                throw new ModelFormatException($"{DetectorManifest.FileName}: labels: must name the head's classes, at least two; {manifest.Head} does not name them itself");
            if (manifest.Labels.Length > 0 && graph.Labels.Length > 0 && !manifest.Labels.SequenceEqual(graph.Labels))
                throw new ModelFormatException($"{DetectorManifest.FileName}: labels: [{string.Join(", ", manifest.Labels)}] are not the classes in {manifest.Head}: [{string.Join(", ", graph.Labels)}]");
            return head;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Answers a row of zeros, so that what cannot be run is found at load.</summary>
    /// <param name="dimensions">Numbers of a row.</param>
    /// <exception cref="ModelFormatException">The head takes other rows, or its answer is not as many probabilities as it has classes.</exception>
    public void Prove(int dimensions)
    {
        if (Dimensions != 0 && Dimensions != dimensions)
            throw new ModelFormatException($"{_name}: takes rows of {Dimensions} numbers, but the embedding has {dimensions}");
        var scores = new float[Labels.Length];
        try
        {
            Run(new float[dimensions], 1, scores);
        }
        catch (Exception e) when (e is OrtException or ModelOutputException)
        {
            throw new ModelFormatException($"{_name}: fails on a row of {dimensions} numbers: {e.Message}", e);
        }

        // One-vs-rest probabilities from elsewhere need not sum to one, but none lies outside.
        if (TensorPrimitives.Min<float>(scores) < 0 || TensorPrimitives.Max<float>(scores) > 1.0001f)
            throw new ModelFormatException($"{_name}: gives scores outside 0 to 1 ([{string.Join(", ", scores)}]): if these are decision values, say \"scores\": \"decision\" in {DetectorManifest.FileName}");
    }

    /// <summary>Scores rows. One call at a time.</summary>
    /// <param name="rows">Row after row.</param>
    /// <param name="count">How many, up to <see cref="MaxRows"/>.</param>
    /// <param name="scores">Receives the classes' probabilities, row after row.</param>
    /// <exception cref="OrtException">The run failed.</exception>
    /// <exception cref="ModelOutputException">It answered something else than a probability for each class.</exception>
    public void Run(ReadOnlySpan<float> rows, int count, Span<float> scores)
    {
        Bind(rows, count);
        _binding.Run();
        var rank = _binding.OutputShape(0, _shape);
        var classes = Labels.Length;
        // A binary classifier without calibration gives one decision value a row.
        var single = _decision && classes == 2 && (rank == 1 || _shape[1] == 1);
        if (rank is not (1 or 2) || _shape[0] != count || (!single && (rank != 2 || _shape[1] != classes)))
        {
            var hint = !_decision && classes == 2 && rank == 2 && _shape[1] == 1 ? $"; if it is one decision value a row, say \"scores\": \"decision\" in {DetectorManifest.FileName}" : "";
            throw new ModelOutputException($"{_name} answered [{string.Join(", ", _shape[..Math.Min(rank, 2)])}] for {count} rows and {classes} classes{hint}");
        }

        if (single)
            Sigmoid(Floats(count), scores);
        else
            Copy(Floats(count * classes), scores, classes);
        if (!Pooler.IsFinite(scores))
            throw new ModelOutputException($"{_name} answered a number that is not finite");
    }

    public void Dispose()
    {
        _binding.Dispose();
        _session.Dispose();
        _input.Dispose();
    }

    private static int ScoresOutput(OrtSession session, string name)
    {
        var found = -1;
        for (var i = 0; i < session.Outputs.Count; i++)
        {
            // The other output of a classifier is the label, an int64 or a string.
            if (session.Outputs[i].ElementType is not (OrtElementType.Float32 or OrtElementType.Float64))
                continue;
            found = found < 0 ? i : throw new ModelFormatException($"{name}: has several outputs of floats, and a head has one, its scores [rows, classes], or one a class, named i or s and the class; export it again with only these");
        }

        return found >= 0 ? found : throw new ModelFormatException($"{name}: has no output of floats, the classes' scores [rows, classes]; a classifier without predict_proba is exported with its decision values, or calibrated first");
    }

    private unsafe void Bind(ReadOnlySpan<float> rows, int count)
    {
        _input.EnsureCapacity((nuint)(rows.Length * _type.SizeOf()));
        if (_type == OrtElementType.Float32)
            rows.CopyTo(_input.As<float>(rows.Length));
        else
            TensorPrimitives.ConvertTruncating<float, double>(rows, _input.As<double>(rows.Length));
        _binding.SetInput(0, _input.Address, (nuint)(rows.Length * _type.SizeOf()), _type, [count, rows.Length / count]);
    }

    private ReadOnlySpan<float> Floats(int count)
    {
        if (_binding.OutputType(0) == OrtElementType.Float32)
            return _binding.Output<float>(0);
        var floats = new float[count];
        TensorPrimitives.ConvertTruncating(_binding.Output<double>(0), floats);
        return floats;
    }

    private static void Sigmoid(ReadOnlySpan<float> decisions, Span<float> scores)
    {
        for (var i = 0; i < decisions.Length; i++)
        {
            scores[2 * i + 1] = 1 / (1 + MathF.Exp(-decisions[i]));
            scores[2 * i] = 1 - scores[2 * i + 1];
        }
    }

    private void Copy(ReadOnlySpan<float> from, Span<float> scores, int classes)
    {
        if (!_decision)
        {
            from.CopyTo(scores);
            return;
        }

        for (var i = 0; i < from.Length; i += classes)
            TensorPrimitives.SoftMax(from.Slice(i, classes), scores.Slice(i, classes));
    }
}
