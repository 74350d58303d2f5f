using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Vectors;

/// <summary>The field <c>upsert</c> of a request that embeds: <c>{"namespace", "ids", "metadata", "index"}</c>, and what the answer says of it.</summary>
internal static class UpsertFields
{
    /// <summary>Reads the field.</summary>
    /// <param name="json">At the field's name.</param>
    /// <param name="limit">The most ids that are taken.</param>
    /// <returns>Null when the field is null, or something is wrong.</returns>
    public static UpsertTarget? Read(ref RequestJson json, int limit)
    {
        if (!json.EnterObject("upsert"))
            return null;
        string? index = null;
        var name = "";
        List<string>? ids = null;
        List<ReadOnlyMemory<byte>>? metadata = null;
        var shared = false;
        while (json.NextField())
        {
            if (json.Is("namespace"u8))
                name = json.Text("upsert.namespace") ?? "";
            else if (json.Is("ids"u8))
                ids = json.Texts("upsert.ids", limit, allowOne: true);
            else if (json.Is("metadata"u8))
                metadata = Metadata(ref json, out shared);
            else if (json.Is("index"u8))
                index = json.Text("upsert.index");
            else
                // It would say where to, or what: a record in the wrong place is found by nobody.
                json.Fail(ErrorCause.Invalid, $"upsert.{json.FieldName} is not known here", $"upsert.{json.FieldName}");
        }

        if (json.Error is not null)
            return null;
        if (ids is null)
        {
            json.Fail(ErrorCause.Invalid, "upsert.ids is missing", "upsert.ids");
            return null;
        }

        if (shared)
            metadata = [.. Enumerable.Repeat(metadata![0], ids.Count)];
        return new UpsertTarget { Index = index, Namespace = name, Ids = ids, Metadata = metadata ?? [] };
    }

    /// <summary>Writes <c>,"upsert":{"count":2,"queued":false}</c>, or nothing when nothing was kept.</summary>
    public static void Write(Reply reply, UpsertReceipt? stored)
    {
        if (stored is null)
            return;
        reply.Raw(",\"upsert\":{\"count\":"u8);
        reply.Number(stored.Count);
        reply.Raw(stored.Queued ? ",\"queued\":true}"u8 : ",\"queued\":false}"u8);
    }

    /// <summary>An object for each record, or one for all.</summary>
    private static List<ReadOnlyMemory<byte>>? Metadata(ref RequestJson json, out bool shared)
    {
        const string Field = "upsert.metadata";
        shared = false;
        if (!json.Next() || json.At(JsonTokenType.Null))
            return null;
        if (json.At(JsonTokenType.StartObject))
        {
            shared = true;
            return json.CurrentObject(Field) is { } one ? [one] : null;
        }

        if (!json.At(JsonTokenType.StartArray))
        {
            json.Wrong(Field, "an object or an array of objects");
            return null;
        }

        var all = new List<ReadOnlyMemory<byte>>();
        while (json.Next() && !json.At(JsonTokenType.EndArray))
            all.Add(json.CurrentObject($"{Field}[{all.Count}]"));
        return all;
    }
}
