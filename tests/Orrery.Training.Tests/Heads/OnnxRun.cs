using System.Runtime.InteropServices;
using Orrery.Engine.OnnxRuntime;
using Orrery.Training.Features;

namespace Orrery.Training.Tests.Heads;

/// <summary>Runs a head's graph in ONNX Runtime.</summary>
internal sealed unsafe class OnnxRun : IDisposable
{
    private static readonly OrtEnvironment Environment = OrtEnvironment.Create();
    private readonly OrtSession _session;

    internal OnnxRun(ReadOnlySpan<byte> model) =>
        _session = new OrtSession(Environment, model, new OrtSessionOptions { IntraOpThreads = 1 });

    internal OrtSession Session => _session;

    public void Dispose() => _session.Dispose();

    /// <summary>The graph's label output, as text.</summary>
    internal string[] Labels(Matrix rows, string output = "label") => Run(rows, output, value =>
        value.ElementType == OrtElementType.String
            ? value.GetStrings()
            : [.. value.Data<long>().ToArray().Select(label => label.ToString(System.Globalization.CultureInfo.InvariantCulture))]);

    /// <summary>The graph's probabilities.</summary>
    internal Matrix Probabilities(Matrix rows) => Run(rows, "probabilities", value =>
    {
        long[] shape = value.GetShape();
        return new Matrix((int)shape[0], (int)shape[1], value.Data<float>().ToArray());
    });

    private T Run<T>(Matrix rows, string output, Func<OrtValue, T> read)
    {
        nuint bytes = (nuint)(rows.Values.Length * sizeof(float));
        void* memory = NativeMemory.Alloc(bytes);
        try
        {
            rows.Values.CopyTo(new Span<float>(memory, rows.Values.Length));
            using var input = OrtValue.OverMemory(memory, bytes, OrtElementType.Float32, [rows.Rows, rows.Columns]);
            var outputs = new OrtValue?[1];
            int index = _session.Outputs.ToList().FindIndex(info => info.Name == output);
            _session.Run([0], [input], [index], outputs);
            using var value = outputs[0]!;
            return read(value);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }
}
