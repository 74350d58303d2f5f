using Orrery.Engine.Execution;
using Orrery.Engine.OnnxRuntime;
using Orrery.Onnx;

namespace Orrery.Engine.Models;

/// <summary>
/// Finds out whether a graph takes several texts at once. Exporters that trace a model with one text leave graphs that fail with two, answer
/// for one of them, or let one see the other: the first two show in shapes, the last only in numbers, so that these are compared.
/// </summary>
internal static class BatchProof
{
    private const int Length = 8;

    // What rounding differs by between kernels for one row and for two; float16 is the coarsest.
    private const float Rounding = 0.01f;

    // Activations that are quantized as they come share their scale with their neighbours: the same model, a little less exact.
    private const float SharedScale = 0.3f;

    /// <summary>Runs two different texts apart, then together.</summary>
    /// <param name="session">The graph's.</param>
    /// <param name="layout">How it is fed.</param>
    /// <param name="info">The model's facts.</param>
    /// <param name="vocabulary">Ids that the tokenizer has.</param>
    /// <param name="padId">What fills up texts.</param>
    /// <param name="graph">The graph's file.</param>
    /// <returns>Null when they come out as when apart; else why they are to be run one by one.</returns>
    /// <exception cref="OrtException">The graph fails on one text.</exception>
    /// <exception cref="ModelOutputException">It answers one text with something else than it declares.</exception>
    public static string? Check(OrtSession session, GraphLayout layout, ModelInfo info, int vocabulary, int padId, string graph)
    {
        using var runner = new SessionRunner(new ModelSessions(session, null), layout, padId);
        var length = Math.Min(Length, info.MaxLength);
        var (first, second) = (Ids(length, vocabulary, 1), Ids(length, vocabulary, 2));
        var apart = (Alone(runner, first), Alone(runner, second));
        float[] together;
        try
        {
            runner.Compute(SessionRunner.ProbeBatch([first, second]), alone: false);
            together = runner.FirstOutput().ToArray();
        }
        catch (Exception e) when (e is OrtException or ModelOutputException)
        {
            return e.Message;
        }

        if (together.Length != apart.Item1.Length + apart.Item2.Length)
            return $"it answers two texts with {together.Length} numbers and one with {apart.Item1.Length}";
        var difference = Math.Max(
            Difference(apart.Item1, together.AsSpan(0, apart.Item1.Length)), Difference(apart.Item2, together.AsSpan(apart.Item1.Length)));
        return difference <= Rounding || (difference <= SharedScale && SharesScales(graph)) ? null : $"a text's answer depends on its neighbour: it differs by {difference:P0} of its length";
    }

    private static float[] Alone(SessionRunner runner, int[] ids)
    {
        runner.Compute(SessionRunner.ProbeBatch([ids]), alone: false);
        return runner.FirstOutput().ToArray();
    }

    /// <summary>Ids spread over the vocabulary, others for each seed.</summary>
    private static int[] Ids(int length, int vocabulary, int seed)
    {
        var ids = new int[length];
        for (var i = 0; i < length; i++)
            ids[i] = (int)((seed * 7919L + i * 104_729L) % vocabulary);
        return ids;
    }

    /// <summary>The length of the difference, as a share of the length of what is right.</summary>
    private static float Difference(ReadOnlySpan<float> right, ReadOnlySpan<float> given)
    {
        var (error, length) = (0.0, 0.0);
        for (var i = 0; i < right.Length; i++)
        {
            // What is no number when apart either is no neighbour's doing.
            if (!float.IsFinite(right[i]))
                continue;
            if (!float.IsFinite(given[i]))
                return float.PositiveInfinity;
            error += Math.Pow(right[i] - given[i], 2);
            length += Math.Pow(right[i], 2);
        }

        return length > 0 ? (float)Math.Sqrt(error / length) : 0;
    }

    private static bool SharesScales(string graph)
    {
        try
        {
            return OnnxFile.Look(graph).Graph.Node.Any(node => node.OpType.Contains("DynamicQuantize", StringComparison.Ordinal));
        }
        catch (InvalidDataException)
        {
            // Another format than ONNX's, which the session reads and this does not.
            return true;
        }
    }
}
