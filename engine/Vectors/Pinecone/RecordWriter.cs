using Orrery.Engine.Vectors.Outbox;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>
/// Writes: to Pinecone while it answers and nothing waits, else into the outbox, behind what waits there for the same namespace.
/// So whatever was answered before a call is made, Pinecone gets before it.
/// </summary>
internal sealed class RecordWriter(IndexDirectory indexes, NamespaceModels models, OutboxFile outbox, TimeSpan patience)
{
    /// <summary>Hears of a lane that something was put into the outbox for.</summary>
    public Action<Lane> Queued { get; set; } = static _ => { };

    /// <summary>Writes records, in as many calls as it takes.</summary>
    public async ValueTask<Outcome<UpsertReceipt>> UpsertAsync(UpsertRequest request, CancellationToken cancellation)
    {
        if ((RecordCheck.Check(request) ?? CheckMetadata(request)) is { } wrong)
            return wrong;
        var lane = new Lane(request.Index, request.Namespace);
        var behind = outbox.Holds(lane);
        var trouble = behind ? CheckKnown(lane, request) : await AdmitAsync(lane, request, cancellation);
        if (trouble is { RetryAfter: null })
            return trouble;
        if (request.Model is { } model && RecordCheck.CheckModel(request.Namespace, model, models.Claim(lane, model)) is { } conflict)
            return conflict;

        var direct = !behind && trouble is null && !outbox.Holds(lane);
        var parts = new UpsertParts(request);
        var rest = new List<OutboxCall>();
        while (parts.More)
        {
            var (body, records) = parts.Next();
            if (direct)
            {
                var error = await PostAsync(lane, RecordPaths.Upsert, body, patience, cancellation);
                if (error is null)
                    continue;
                if (error.RetryAfter is null)
                {
                    models.Release(lane);
                    return error;
                }

                direct = false;
            }

            rest.Add(new OutboxCall("POST", RecordPaths.Upsert, body, records, request.Model));
        }

        if (rest.Count > 0 && await QueueAsync(lane, rest, cancellation) is { } full)
        {
            if (!outbox.Holds(lane))
                models.Release(lane);
            return full;
        }

        if (rest.Count == 0 && request.Model is { } written)
            await models.ConfirmAsync(lane, written);
        return new UpsertReceipt(request.Ids.Count, rest.Count > 0);
    }

    /// <summary>Changes records. One that waits behind others is answered with what it names, not with what it matched.</summary>
    public async ValueTask<Outcome<UpdateReceipt>> UpdateAsync(UpdateRequest request, CancellationToken cancellation)
    {
        if (Check(request) is { } wrong)
            return wrong;
        var lane = new Lane(request.Index, request.Namespace);
        var body = CallJson.Update(request);
        var named = new UpdateReceipt(request.Id is null ? 0 : 1);
        if (!request.DryRun && outbox.Holds(lane))
            return await QueueAsync(lane, [new OutboxCall("POST", RecordPaths.Update, body, 1)], cancellation) is { } full ? full : named;
        if (!(await indexes.CallAsync(lane.Index, HttpMethod.Post, RecordPaths.Update, body, null, cancellation)).TryGet(out var reply, out var error))
            return IsMissingNamespace(error) ? new UpdateReceipt(0) : error;
        using (reply)
            return RecordJson.Number(reply.Json, "matchedRecords") is { } matched ? new UpdateReceipt(matched) : named;
    }

    /// <summary>Removes records.</summary>
    public ValueTask<Outcome<Done>> DeleteAsync(DeleteRequest request, CancellationToken cancellation) =>
        RemoveAsync(new Lane(request.Index, request.Namespace), new OutboxCall("POST", RecordPaths.Delete, CallJson.Delete(request), 1), cancellation);

    /// <summary>Removes a namespace.</summary>
    public async ValueTask<Outcome<Done>> DeleteNamespaceAsync(Lane lane, CancellationToken cancellation)
    {
        var done = await RemoveAsync(lane, new OutboxCall("DELETE", RecordPaths.Namespace(lane.Namespace), default, 1), cancellation);
        if (done.Error is null)
            await models.ForgetAsync(lane);
        return done;
    }

    /// <summary>Makes calls that waited, from the first on: upserts side by side as one, the others each by itself.</summary>
    public async ValueTask<Delivery> DeliverAsync(IReadOnlyList<OutboxEntry> entries, CancellationToken cancellation)
    {
        for (var done = 0; done < entries.Count;)
        {
            var (call, merged) = UpsertMerge.Of(entries, done);
            var error = await DeliverAsync(entries[done].Lane, call, cancellation);
            if (error is { RetryAfter: null } && merged > 1)
            {
                // One of them is at fault, or their sum: each says so best by itself.
                merged = 1;
                error = await DeliverAsync(entries[done].Lane, entries[done].Call, cancellation);
            }

            if (error is not null)
                return new Delivery(done, error);
            done += merged;
        }

        return new Delivery(entries.Count, null);
    }

    /// <summary>Whether an error says that nobody has written to the namespace, which is then empty.</summary>
    public static bool IsMissingNamespace(InferenceError error) => error is { Kind: InferenceErrorKind.NotFound, Field: "namespace" };

    private async ValueTask<InferenceError?> DeliverAsync(Lane lane, OutboxCall call, CancellationToken cancellation)
    {
        if (call.Model is { } model)
        {
            if (!(await models.FindAsync(lane, null, cancellation)).TryGet(out var kept, out var unknown))
                return unknown;
            // Claims are of calls that wait as well, perhaps behind a removal of the namespace.
            if (kept.Confirmed && RecordCheck.CheckModel(lane.Namespace, model, kept.Model) is { } conflict)
                return conflict;
        }

        var error = await SendAsync(lane, call, null, cancellation);
        if (error is not null && !IsMissingNamespace(error))
            return error;
        if (call.Model is { } written)
            await models.ConfirmAsync(lane, written);
        else if (call.Method == "DELETE")
            await models.ForgetAsync(lane);
        return null;
    }

    private async ValueTask<Outcome<Done>> RemoveAsync(Lane lane, OutboxCall call, CancellationToken cancellation)
    {
        var error = outbox.Holds(lane) ? await QueueAsync(lane, [call], cancellation) : await SendAsync(lane, call, null, cancellation);
        return error is null || (IsMissingNamespace(error) && call.Method == "POST") ? Done.It : error;
    }

    private ValueTask<InferenceError?> PostAsync(Lane lane, string path, ReadOnlyMemory<byte> body, TimeSpan? most, CancellationToken cancellation) =>
        SendAsync(lane, new OutboxCall("POST", path, body, 1), most, cancellation);

    private async ValueTask<InferenceError?> SendAsync(Lane lane, OutboxCall call, TimeSpan? most, CancellationToken cancellation)
    {
        var answer = await indexes.CallAsync(lane.Index, HttpMethod.Parse(call.Method), call.Path, call.Body, most, cancellation);
        answer.Value?.Dispose();
        // An upsert makes its namespace: a 404 while the index is there comes from something on the way, and passes.
        return call.Path == RecordPaths.Upsert && answer.Error is { } error && IsMissingNamespace(error) ? PineconeErrors.Unavailable(error.Message, null) : answer.Error;
    }

    private async ValueTask<InferenceError?> QueueAsync(Lane lane, IReadOnlyList<OutboxCall> calls, CancellationToken cancellation)
    {
        if (await outbox.AddAsync(lane, calls, cancellation) is { } full)
            return full;
        Queued(lane);
        return null;
    }

    /// <summary>Asks Pinecone what it needs to know before records are sent; an error that may pass means that they are queued unasked.</summary>
    private async ValueTask<InferenceError?> AdmitAsync(Lane lane, UpsertRequest request, CancellationToken cancellation)
    {
        if (!(await indexes.FindAsync(lane.Index, patience, cancellation)).TryGet(out var info, out var error))
            return error;
        if (info.Spec.Dimension is { } dimension && RecordCheck.CheckDimension(request.Dimension, dimension) is { } wrong)
            return wrong;
        if (request.Model is null)
            return null;
        return (await models.FindAsync(lane, patience, cancellation)).TryGet(out var kept, out error) ? RecordCheck.CheckModel(lane.Namespace, request.Model, kept.Model) : error;
    }

    private InferenceError? CheckKnown(Lane lane, UpsertRequest request) =>
        (indexes.Known(lane.Index)?.Spec.Dimension is { } dimension ? RecordCheck.CheckDimension(request.Dimension, dimension) : null)
        ?? RecordCheck.CheckModel(lane.Namespace, request.Model, models.Known(lane));

    private static InferenceError? CheckMetadata(UpsertRequest request)
    {
        var stamp = request.Model is { } model ? ModelStamp.Metadata(model).Length : 0;
        for (var i = 0; i < request.Ids.Count; i++)
        {
            var metadata = request.MetadataOf(i);
            if (ModelStamp.CheckUnused(metadata.Span) is { } reserved)
                return reserved with { Message = $"vectors[{i}] ('{request.Ids[i]}'): {reserved.Message}" };
            if (metadata.Length + stamp > VectorMetadata.MaxBytes)
                return new(InferenceErrorKind.Invalid, $"vectors[{i}] ('{request.Ids[i]}'): metadata must be at most {VectorMetadata.MaxBytes - stamp} bytes beside the model's mark, not {metadata.Length}", "metadata");
        }

        return null;
    }

    private InferenceError? Check(UpdateRequest request)
    {
        if (RecordCheck.Check(request) is { } wrong)
            return wrong;
        if (!request.Values.IsEmpty && indexes.Known(request.Index)?.Spec.Dimension is { } dimension && RecordCheck.CheckDimension(request.Values.Length, dimension) is { } length)
            return length;
        return ModelStamp.CheckUnused(request.SetMetadata.Span);
    }
}
