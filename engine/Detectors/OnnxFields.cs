using Google.Protobuf;

namespace Orrery.Engine.Detectors;

/// <summary>
/// A protobuf message as its fields, in order, without a schema: enough to read a few fields of an ONNX file and write the rest back as it
/// was. Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
/// </summary>
internal sealed class OnnxFields
{
    private readonly List<(uint Tag, ulong Number, ByteString Bytes)> _fields = [];

    /// <summary>Reads a message.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no protobuf message.</exception>
    /// <exception cref="InvalidDataException">They hold a group, which no ONNX file does.</exception>
    public static OnnxFields Parse(ByteString message)
    {
        var fields = new OnnxFields();
        var input = message.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            fields._fields.Add(WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => (tag, input.ReadUInt64(), ByteString.Empty),
                WireFormat.WireType.Fixed64 => (tag, input.ReadFixed64(), ByteString.Empty),
                WireFormat.WireType.Fixed32 => (tag, input.ReadFixed32(), ByteString.Empty),
                WireFormat.WireType.LengthDelimited => (tag, 0, input.ReadBytes()),
                // Groups are older than ONNX; a file with one is not a model.
                _ => throw new InvalidDataException($"unexpected wire type in tag {tag}"),
            });
        }

        return fields;
    }

    /// <summary>The field's messages or strings, in order.</summary>
    public IEnumerable<ByteString> All(int field) =>
        from one in _fields where WireFormat.GetTagFieldNumber(one.Tag) == field && WireFormat.GetTagWireType(one.Tag) == WireFormat.WireType.LengthDelimited select one.Bytes;

    /// <summary>The field's texts, in order.</summary>
    public IEnumerable<string> Texts(int field) => All(field).Select(bytes => bytes.ToStringUtf8());

    /// <summary>The field's last text; empty when absent.</summary>
    public string Text(int field) => Texts(field).LastOrDefault("");

    /// <summary>The field's integers, written one by one or packed.</summary>
    public IEnumerable<long> Integers(int field)
    {
        foreach (var (tag, number, bytes) in _fields)
        {
            if (WireFormat.GetTagFieldNumber(tag) != field)
                continue;
            if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint)
            {
                yield return (long)number;
                continue;
            }

            var packed = bytes.CreateCodedInput();
            while (!packed.IsAtEnd)
                yield return packed.ReadInt64();
        }
    }

    /// <summary>Appends a message or string.</summary>
    public OnnxFields Add(int field, ByteString bytes)
    {
        _fields.Add((WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited), 0, bytes));
        return this;
    }

    /// <summary>Appends an integer.</summary>
    public OnnxFields Add(int field, ulong number)
    {
        _fields.Add((WireFormat.MakeTag(field, WireFormat.WireType.Varint), number, ByteString.Empty));
        return this;
    }

    /// <summary>Replaces each occurrence of a message field; null leaves it out.</summary>
    public void Replace(int field, Func<ByteString, ByteString?> replace)
    {
        for (var i = _fields.Count - 1; i >= 0; i--)
        {
            if (WireFormat.GetTagFieldNumber(_fields[i].Tag) != field)
                continue;
            if (replace(_fields[i].Bytes) is { } bytes)
                _fields[i] = _fields[i] with { Bytes = bytes };
            else
                _fields.RemoveAt(i);
        }
    }

    /// <summary>The message's bytes.</summary>
    public ByteString ToByteString()
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            foreach (var (tag, number, bytes) in _fields)
            {
                output.WriteTag(tag);
                switch (WireFormat.GetTagWireType(tag))
                {
                    case WireFormat.WireType.Varint:
                        output.WriteUInt64(number);
                        break;
                    case WireFormat.WireType.Fixed64:
                        output.WriteFixed64(number);
                        break;
                    case WireFormat.WireType.Fixed32:
                        output.WriteFixed32((uint)number);
                        break;
                    default:
                        output.WriteBytes(bytes);
                        break;
                }
            }
        }

        return ByteString.CopyFrom(stream.ToArray());
    }
}
