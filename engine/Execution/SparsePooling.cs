using System.Numerics.Tensors;

namespace Orrery.Engine.Execution;

/// <summary>
/// How a masked language model's logits become one weight an entry of the vocabulary: SPLADE (Formal and others 2021, https://arxiv.org/abs/2107.05720),
/// log(1 + relu(logit)) of each token, of which the maximum (SPLADE v2) or the sum is taken, as sentence-transformers' SpladePooling does.
/// </summary>
/// <param name="Sum">The sum over tokens instead of the maximum.</param>
/// <param name="LogTwice">log(1 + log(1 + relu(logit))): the activation that sentence-transformers calls log1p_relu.</param>
internal readonly record struct SparsePooling(bool Sum, bool LogTwice)
{
    /// <summary>Pools one text.</summary>
    /// <param name="tokens">[length, vocabulary] logits, padding excluded; at least one token.</param>
    /// <param name="weights">[vocabulary] receives the weights.</param>
    /// <param name="space">[vocabulary] to work in.</param>
    public void Pool(ReadOnlySpan<float> tokens, Span<float> weights, Span<float> space)
    {
        var size = weights.Length;
        if (Sum)
        {
            weights.Clear();
            for (var at = 0; at < tokens.Length; at += size)
            {
                Activate(tokens.Slice(at, size), space);
                TensorPrimitives.Add(weights, space, weights);
            }

            return;
        }

        // What grows with the logit keeps the largest largest.
        tokens[..size].CopyTo(space);
        for (var at = size; at < tokens.Length; at += size)
            TensorPrimitives.Max(space, tokens.Slice(at, size), space);
        Activate(space, weights);
    }

    /// <summary>The entries that are not 0.</summary>
    public static SparseVector Gather(ReadOnlySpan<float> weights)
    {
        var count = 0;
        foreach (var weight in weights)
            count += weight > 0 ? 1 : 0;
        var (indices, values) = (new int[count], new float[count]);
        for (int i = 0, at = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
                (indices[at], values[at++]) = (i, weights[i]);
        }

        return new SparseVector(indices, values);
    }

    private void Activate(ReadOnlySpan<float> logits, Span<float> weights)
    {
        TensorPrimitives.Max(logits, 0f, weights);
        TensorPrimitives.LogP1(weights, weights);
        if (LogTwice)
            TensorPrimitives.LogP1(weights, weights);
    }
}
