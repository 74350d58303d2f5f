namespace Orrery.Engine.Vectors;

/// <summary>Has embeddings kept before they are answered: what cannot be kept is not answered either.</summary>
/// <param name="store">Where; null keeps nothing.</param>
/// <param name="time">Measures.</param>
internal sealed class EmbeddingKeeper(IVectorStore? store, TimeProvider time)
{
    /// <summary>Refuses what could not be kept before anything is computed.</summary>
    /// <param name="request">The texts.</param>
    /// <param name="target">Where their embeddings go.</param>
    /// <param name="embed">Embeds them.</param>
    /// <param name="cancellation">Gives up.</param>
    public async ValueTask<Outcome<TextOutput>> EmbedAsync(EmbedRequest request, UpsertTarget target, Func<ValueTask<Outcome<TextOutput>>> embed, CancellationToken cancellation)
    {
        if (RecordCheck.Check(store is not null, target, request.Inputs.Count, request.PerToken) is { } wrong)
            return wrong;
        if (!(await embed()).TryGet(out var output, out var error))
            return error;
        var start = time.GetTimestamp();
        if ((await KeepAsync(output, request.Model, target, cancellation)).TryGet(out var receipt, out error))
        {
            output.Stored = receipt with { Time = time.GetElapsedTime(start) };
            return output;
        }

        output.Dispose();
        return error;
    }

    private ValueTask<Outcome<UpsertReceipt>> KeepAsync(TextOutput output, string model, UpsertTarget target, CancellationToken cancellation) => store!.UpsertAsync(
        new UpsertRequest
        {
            Index = target.Index ?? store.DefaultIndex,
            Namespace = target.Namespace,
            Ids = target.Ids,
            Metadata = target.Metadata,
            Dimension = output.Dimensions,
            Values = output.All,
            Model = new EmbeddingModel(model, output.Version),
            Operation = target.Operation,
        },
        cancellation);
}
