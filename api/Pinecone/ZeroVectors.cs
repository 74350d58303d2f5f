using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>Vectors of zeros have no direction: an index that compares by the cosine takes none, and is asked for none.</summary>
internal static class ZeroVectors
{
    /// <summary>Looks for one; the index is asked for its metric only where there is.</summary>
    /// <param name="store">Knows the index.</param>
    /// <param name="index">The index.</param>
    /// <param name="values">Vectors, one after another; none for nothing to look at.</param>
    /// <param name="dimension">Components of each.</param>
    /// <param name="field">What they are called.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async ValueTask<ApiError?> CheckAsync(IVectorStore store, string index, ReadOnlyMemory<float> values, int dimension, string field, CancellationToken cancellation)
    {
        var place = Find(values.Span, dimension);
        if (place < 0 || !(await store.FindIndexAsync(index, cancellation)).TryGet(out var info, out _) || info.Spec.Metric != VectorMetric.Cosine)
            return null;
        var which = values.Length == dimension ? field : $"{field}[{place}]";
        return new(ErrorCause.Invalid, $"{which}: a vector of zeros has no direction, and index '{index}' compares by the cosine", field);
    }

    private static int Find(ReadOnlySpan<float> values, int dimension)
    {
        for (var at = 0; dimension > 0 && at < values.Length; at += dimension)
        {
            if (!values.Slice(at, dimension).ContainsAnyExcept(0f, -0f))
                return at / dimension;
        }

        return -1;
    }
}
