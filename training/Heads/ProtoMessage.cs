using Google.Protobuf;

namespace Orrery.Training.Heads;

/// <summary>A protobuf message as it is built: fields in the order they are added, in the wire format.</summary>
internal sealed class ProtoMessage
{
    private readonly List<Action<CodedOutputStream>> _fields = [];

    /// <summary>Adds a field of type int64, int32 or enum.</summary>
    internal ProtoMessage Integer(int field, long value)
    {
        _fields.Add(output =>
        {
            output.WriteTag(field, WireFormat.WireType.Varint);
            output.WriteInt64(value);
        });
        return this;
    }

    /// <summary>Adds a field of type string.</summary>
    internal ProtoMessage Text(int field, string value) => Bytes(field, ByteString.CopyFromUtf8(value));

    /// <summary>Adds a field of type bytes.</summary>
    internal ProtoMessage Bytes(int field, ReadOnlySpan<byte> value) => Bytes(field, ByteString.CopyFrom(value));

    /// <summary>Adds a field that is a message, as it is now.</summary>
    internal ProtoMessage Message(int field, ProtoMessage value)
    {
        using var bytes = new MemoryStream();
        value.WriteTo(bytes);
        return Bytes(field, UnsafeByteOperations.UnsafeWrap(bytes.GetBuffer().AsMemory(0, (int)bytes.Length)));
    }

    /// <summary>Writes the message, without its length.</summary>
    internal void WriteTo(Stream stream)
    {
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        foreach (var field in _fields)
            field(output);
    }

    private ProtoMessage Bytes(int field, ByteString value)
    {
        _fields.Add(output =>
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(value);
        });
        return this;
    }
}
