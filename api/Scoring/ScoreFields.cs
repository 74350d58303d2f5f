using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Scoring;

/// <summary>What a request may say of how its texts are scored, and how each text's answer is written.</summary>
internal sealed record ScoreFields
{
    public IReadOnlyList<string> Detectors { get; init; } = [];

    public float? Threshold { get; init; }

    public bool ReturnScores { get; init; }

    public bool ReturnEmbeddings { get; init; }

    public Truncation Truncation { get; init; }

    public UpsertTarget? Upsert { get; init; }

    /// <summary>Says what is wrong; null when nothing is.</summary>
    public ApiError? Check()
    {
        for (var i = 0; i < Detectors.Count; i++)
        {
            if (Detectors[i].Length == 0)
                return new(ErrorCause.Invalid, $"detectors[{i}] is empty", "detectors");
            for (var j = 0; j < i; j++)
            {
                if (Detectors[i] == Detectors[j])
                    return new(ErrorCause.Invalid, $"detectors names '{Detectors[i]}' twice", "detectors");
            }
        }

        return Threshold is null or (>= 0 and <= 1) ? null : new(ErrorCause.Invalid, "threshold must be 0 to 1", "threshold");
    }

    /// <summary>The request over texts.</summary>
    public DetectRequest Request(IReadOnlyList<TextInput> inputs, Priority priority, TimeSpan? timeout) =>
        new() { Inputs = inputs, Detectors = Detectors, Embeddings = ReturnEmbeddings, Upsert = Upsert, Truncation = Truncation, Priority = priority, Timeout = timeout };

    /// <summary>Writes one text's answers as two fields: <c>"results":[…]</c> and, when asked for, <c>"embeddings":[…]</c>.</summary>
    public void Write(Reply reply, DetectOutput output, int index)
    {
        reply.Raw("\"results\":["u8);
        for (var i = 0; i < output.Detectors.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            WriteVerdict(reply, output.Detectors[i], index);
        }

        reply.Raw("]"u8);
        if (!ReturnEmbeddings)
            return;
        reply.Raw(",\"embeddings\":["u8);
        for (var i = 0; i < output.Embeddings.Count; i++)
        {
            reply.Raw(i == 0 ? "{\"model\":"u8 : ",{\"model\":"u8);
            reply.String(ModelOf(output, output.Embeddings[i]));
            reply.Raw(",\"embedding\":"u8);
            reply.Vector(output.Embeddings[i][index]);
            reply.Raw("}"u8);
        }

        reply.Raw("]"u8);
    }

    /// <summary>Writes the versions that answered: <c>"detectors":[…]</c>.</summary>
    public static void WriteDetectors(Reply reply, DetectOutput output, float? threshold)
    {
        reply.Raw("\"detectors\":["u8);
        for (var i = 0; i < output.Detectors.Count; i++)
        {
            var (detector, version) = (output.Detectors[i].Detector, output.Detectors[i].Embedding.Version);
            reply.Raw(i == 0 ? "{\"name\":"u8 : ",{\"name\":"u8);
            reply.String(detector.Name);
            reply.Raw(",\"version\":"u8);
            reply.String(detector.Digest);
            reply.Raw(",\"model\":"u8);
            reply.String(detector.Model);
            reply.Raw(",\"model_version\":"u8);
            reply.String(version);
            reply.Raw(",\"threshold\":"u8);
            reply.Short(threshold ?? detector.Threshold);
            reply.Raw("}"u8);
        }

        reply.Raw("]"u8);
    }

    /// <summary>Writes what one detector says of one text.</summary>
    public void WriteVerdict(Reply reply, DetectorOutput output, int index)
    {
        var detector = output.Detector;
        var probabilities = output[index];
        var (label, probability) = detector.Decide(probabilities, Threshold);
        reply.Raw("{\"detector\":"u8);
        reply.String(detector.Name);
        reply.Raw(",\"label\":"u8);
        if (label < 0)
            reply.Raw("null"u8);
        else
            reply.String(detector.Labels[label]);
        reply.Raw(",\"probability\":"u8);
        reply.Number(probability);
        if (ReturnScores)
        {
            reply.Raw(",\"scores\":{"u8);
            for (var i = 0; i < probabilities.Length; i++)
            {
                if (i > 0)
                    reply.Raw(","u8);
                reply.String(detector.Labels[i]);
                reply.Raw(":"u8);
                reply.Number(probabilities[i]);
            }

            reply.Raw("}"u8);
        }

        reply.Raw("}"u8);
    }

    private static string ModelOf(DetectOutput output, TextOutput embedding)
    {
        foreach (var detector in output.Detectors)
        {
            if (ReferenceEquals(detector.Embedding, embedding))
                return detector.Detector.Model;
        }

        return "";
    }
}
