using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>Records and what goes around them, as Pinecone writes them.</summary>
internal static class RecordJson
{
    /// <summary>A record under its id, as <c>fetch</c> answers.</summary>
    public static void Record(this Reply reply, VectorRecord record)
    {
        reply.String(record.Id);
        reply.Raw(":{\"id\":"u8);
        reply.String(record.Id);
        reply.Raw(",\"values\":"u8);
        reply.Vector(record.Values.Span);
        reply.Metadata(record.Metadata);
        reply.Raw("}"u8);
    }

    /// <summary>A match, as <c>query</c> answers.</summary>
    public static void Match(this Reply reply, VectorMatch match)
    {
        reply.Raw("{\"id\":"u8);
        reply.String(match.Id);
        reply.Raw(",\"score\":"u8);
        // Inner products of very long vectors overflow; JSON has no number for that.
        reply.Number(float.IsNaN(match.Score) ? 0 : Math.Clamp(match.Score, float.MinValue, float.MaxValue));
        if (!match.Values.IsEmpty)
        {
            reply.Raw(",\"values\":"u8);
            reply.Vector(match.Values.Span);
        }

        reply.Metadata(match.Metadata);
        reply.Raw("}"u8);
    }

    /// <summary>The last fields of an answer: what asks for the next page, the namespace, and the usage, which is none: nothing is billed here.</summary>
    /// <param name="reply">The answer, after a field.</param>
    /// <param name="name">The namespace as it was asked for.</param>
    /// <param name="next">What asks for the next page; null at the end.</param>
    public static void Ending(this Reply reply, string? name, string? next = null)
    {
        if (next is not null)
            reply.Next(next);
        reply.Raw(",\"namespace\":"u8);
        reply.String(name ?? "");
        reply.Raw(",\"usage\":{\"readUnits\":0}}"u8);
    }

    /// <summary>The field that asks for the next page.</summary>
    public static void Next(this Reply reply, string token)
    {
        reply.Raw(",\"pagination\":{\"next\":"u8);
        reply.String(token);
        reply.Raw("}"u8);
    }

    private static void Metadata(this Reply reply, ReadOnlyMemory<byte> metadata)
    {
        if (metadata.IsEmpty)
            return;
        reply.Raw(",\"metadata\":"u8);
        reply.Raw(metadata.Span);
    }
}
