using Google.Protobuf;

namespace Orrery.Onnx;

/// <summary>Reads ONNX files: whole, or their outline. A file of any contents ends in a message or in an <see cref="InvalidDataException"/>.</summary>
public static class OnnxFile
{
    // What a protobuf message may have, by its own rules; ONNX Runtime refuses more too.
    private const long MaxBytes = int.MaxValue;

    // Readers of protobuf's stream take 4 KiB at a time.
    private const int BufferBytes = 128 * 1024;

    private static readonly MessageParser<ModelOutline> _outlines = ModelOutline.Parser.WithDiscardUnknownFields(true);

    /// <summary>Reads all of a model, weights included; what this project has no field for is kept, and written again with the rest.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <exception cref="InvalidDataException">The bytes are no ONNX file; the message says why.</exception>
    public static ModelProto Parse(ReadOnlySpan<byte> file)
    {
        try
        {
            var model = ModelProto.Parser.ParseFrom(file);
            return model.Graph is not null ? model : throw NoGraph();
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>Reads a model without its weights, which are passed over and take no memory.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <exception cref="InvalidDataException">The bytes are no ONNX file; the message says why.</exception>
    public static ModelOutline Look(ReadOnlySpan<byte> file)
    {
        try
        {
            return Checked(_outlines.ParseFrom(file));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>Reads a model without its weights, which are passed over and take no memory.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">It is no ONNX file, or larger than 2 GiB; the message says why.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static ModelOutline Look(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.SequentialScan);
        if (file.Length > MaxBytes)
            throw new InvalidDataException("it has more than 2 GiB, which no protobuf message may: weights of that size belong into external data");
        try
        {
            return Checked(_outlines.ParseFrom(file));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static ModelOutline Checked(ModelOutline model) => model.Graph is not null ? model : throw NoGraph();

    private static InvalidDataException NoGraph() => new("it has no graph");
}
