using System.Buffers;
using Orrery.Engine;
using Orrery.Fleet.Routing;

namespace Orrery.ClientApi.Backend;

/// <summary>Shares a request's texts out: by estimated tokens, over as many replicas as there are.</summary>
internal static class Splitting
{
    /// <summary>The chunks of a list of inputs; one, though empty, for none.</summary>
    public static Chunk[] Of(IReadOnlyList<TextInput> inputs, int replicas, RouterOptions options)
    {
        if (inputs.Count <= 1)
            return [new Chunk(0, inputs.Count, inputs.Count == 0 ? 0 : Estimate(inputs[0]))];
        var tokens = ArrayPool<int>.Shared.Rent(inputs.Count);
        for (var i = 0; i < inputs.Count; i++)
            tokens[i] = Estimate(inputs[i]);
        Span<Chunk> chunks = stackalloc Chunk[64];
        var count = RequestSplitter.Split(tokens.AsSpan(0, inputs.Count), Math.Max(1, replicas), options, chunks);
        ArrayPool<int>.Shared.Return(tokens);
        return chunks[..count].ToArray();
    }

    /// <summary>About how many tokens an input has.</summary>
    public static int Estimate(TextInput input) =>
        input.Ids is { } ids ? ids.Length + 2 : TokenEstimate.Of(input.Text) + (input.Pair is { } pair ? TokenEstimate.Of(pair) : 0);

    /// <summary>The range of a chunk.</summary>
    public static Range Range(this Chunk chunk) => chunk.Start..(chunk.Start + chunk.Count);

    /// <summary>What is counted of a chunk on its replica.</summary>
    public static int Weight(this Chunk chunk) => (int)Math.Min(int.MaxValue, chunk.Tokens);
}
