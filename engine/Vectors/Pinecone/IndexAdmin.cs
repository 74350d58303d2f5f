using System.Text.Json;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Indexes: listed, made, changed and removed by the control plane.</summary>
internal sealed class IndexAdmin(PineconeClient client, IndexDirectory indexes, PineconeOptions options)
{
    public async ValueTask<Outcome<IReadOnlyList<IndexInfo>>> ListAsync(CancellationToken cancellation)
    {
        if (!(await client.SendAsync(HttpMethod.Get, indexes.Control("/indexes"), default, null, cancellation)).TryGet(out var reply, out var error))
            return error;
        using (reply)
        {
            var found = new List<IndexInfo>();
            foreach (var item in RecordJson.Items(reply.Json, "indexes"))
            {
                // One that keeps sparse vectors, or compares them in a way that came later, cannot be used from here.
                if (IndexJson.Read(item) is not { } info)
                    continue;
                indexes.Remember(info);
                found.Add(info);
            }

            found.Sort(static (a, b) => string.CompareOrdinal(a.Spec.Name, b.Spec.Name));
            return found;
        }
    }

    public async ValueTask<Outcome<IndexInfo>> CreateAsync(IndexSpec spec, CancellationToken cancellation)
    {
        if (Check(spec) is { } wrong)
            return wrong;
        var created = await client.SendAsync(HttpMethod.Post, indexes.Control("/indexes"), CallJson.Index(spec, options), null, cancellation);
        return created.TryGet(out var reply, out var error) ? Read(reply) : error;
    }

    public async ValueTask<Outcome<IndexInfo>> ConfigureAsync(string index, IndexChange change, CancellationToken cancellation)
    {
        var changed = await client.SendAsync(HttpMethod.Patch, indexes.ControlIndex(index), CallJson.Change(change), null, cancellation);
        return changed.TryGet(out var reply, out var error) ? Read(reply) : error;
    }

    public async ValueTask<Outcome<Done>> DeleteAsync(string index, CancellationToken cancellation)
    {
        // Pinecone refuses to delete a protected index with the status that it has for a wrong key, so it is asked first.
        if (!(await indexes.LookUpAsync(index, null, cancellation)).TryGet(out var info, out var error))
            return error;
        if (info.Spec.DeletionProtected)
            return new InferenceError(InferenceErrorKind.Conflict, $"index '{index}' is protected from deletion", "index");
        var deleted = await client.SendAsync(HttpMethod.Delete, indexes.ControlIndex(index), default, null, cancellation);
        if (!deleted.TryGet(out var reply, out error) && error.Kind != InferenceErrorKind.NotFound)
            return error;
        // Not there any more: a try before did it, whose answer was lost.
        reply?.Dispose();
        indexes.Forget(index);
        return Done.It;
    }

    private static InferenceError? Check(IndexSpec spec)
    {
        if (RecordCheck.CheckIndexName(spec.Name) is { } wrong)
            return wrong;
        if (spec.Dimension is not (>= 1 and <= RecordCheck.MaxDimension))
            return new(InferenceErrorKind.Invalid, $"an index of Pinecone must have a dimension of 1 to {RecordCheck.MaxDimension}", "dimension");
        if (spec.Element != VectorElement.Float32)
            return new(InferenceErrorKind.Invalid, "Pinecone keeps components as float32 only", "element");
        return spec.Placement is not null && !IsObject(spec.Placement) ? new(InferenceErrorKind.Invalid, "spec must be a JSON object", "spec") : null;
    }

    private static bool IsObject(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            // There is no other way to ask.
            return false;
        }
    }

    private Outcome<IndexInfo> Read(PineconeReply reply)
    {
        using (reply)
        {
            if (IndexJson.Read(reply.Json) is not { } info)
                return new InferenceError(InferenceErrorKind.Failed, "Pinecone tells of the index what cannot be used here");
            indexes.Remember(info);
            return info;
        }
    }
}
