using Microsoft.ML.OnnxRuntime;
using Orrery.Engine.OnnxRuntime;
using Orrery.Training.Features;

namespace Orrery.Training.Tests.Heads;

/// <summary>Runs a head's graph in ONNX Runtime.</summary>
internal sealed class OnnxRun : IDisposable
{
    private static readonly OrtEnvironment Environment = OrtEnvironment.Create();
    private readonly OrtSession _session;

    internal OnnxRun(ReadOnlySpan<byte> model) =>
        _session = new OrtSession(Environment, model.ToArray(), new OrtSessionOptions { IntraOpThreads = 1 });

    internal OrtSession Session => _session;

    public void Dispose() => _session.Dispose();

    /// <summary>The graph's label output, as text.</summary>
    internal string[] Labels(Matrix rows, string output = "label") => Run(rows, output, value =>
        value.GetTensorTypeAndShape().IsString
            ? value.GetStringTensorAsArray()
            : [.. value.GetTensorDataAsSpan<long>().ToArray().Select(label => label.ToString(System.Globalization.CultureInfo.InvariantCulture))]);

    /// <summary>The graph's probabilities.</summary>
    internal Matrix Probabilities(Matrix rows) => Run(rows, "probabilities", value =>
    {
        long[] shape = value.GetTensorTypeAndShape().Shape;
        return new Matrix((int)shape[0], (int)shape[1], value.GetTensorDataAsSpan<float>().ToArray());
    });

    private T Run<T>(Matrix rows, string output, Func<OrtValue, T> read)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(rows.Values.ToArray(), [rows.Rows, rows.Columns]);
        using var outputs = _session.Run([_session.Inputs[0].Name], [input], [output]);
        return read(outputs[0]);
    }
}
