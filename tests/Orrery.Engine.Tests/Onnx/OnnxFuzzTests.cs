using FsCheck;
using FsCheck.Fluent;
using Orrery.Engine.Detectors;
using Orrery.Engine.Models;
using Orrery.Engine.Tests.Support;
using Orrery.Onnx;

namespace Orrery.Engine.Tests.Onnx;

/// <summary>Whatever a file holds, reading it ends in a graph or in a refusal by name.</summary>
public sealed class OnnxFuzzTests : IDisposable
{
    private static readonly byte[][] _files =
    [
        .. new[] { "onnx", "sklearn", "detectors" }.SelectMany(folder => Directory.GetFiles(Repository.Fixture(folder), "*.onnx", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes),
    ];

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Reads_or_refuses_damaged_files()
    {
        var (read, refused) = (0, 0);
        Prop.ForAll(Damaged().ToArbitrary(), file =>
        {
            if (Read(file))
                read++;
            else
                refused++;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
        // A campaign that only ever did one of both would say little.
        Assert.True(read > 250 && refused > 250, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Refuses_graphs_in_graphs_without_end()
    {
        byte[] deep = [];
        // A branch's graph in a node's attribute: ModelProto.graph 7, GraphProto.node 1, NodeProto.attribute 5, AttributeProto.g 6.
        for (var depth = 0; depth < 200; depth++)
            deep = Wrap(1, Wrap(5, Wrap(6, deep)));
        Assert.False(Read(Wrap(7, deep)));
    }

    private bool Read(byte[] file)
    {
        File.WriteAllBytes(_path, file);
        var looked = Try(() => OnnxFile.Look(file).Graph.ExternalFiles());
        Assert.Equal(looked, Try(() => OnnxFile.Look(_path).Graph.ExternalFiles()));
        Try(() => OnnxFile.Parse(file));
        return Try(() => HeadGraph.Read(file, "head.onnx")) && looked;
    }

    private static bool Try(Func<object> read)
    {
        try
        {
            Assert.NotNull(read());
            return true;
        }
        catch (Exception e) when (e is InvalidDataException or ModelFormatException)
        {
            Assert.NotEmpty(e.Message);
            return false;
        }
    }

    /// <summary>A file cut off, or with some bytes changed, taken out or put in.</summary>
    private static Gen<byte[]> Damaged() =>
        from file in Gen.Elements(_files)
        from places in Gen.Choose(0, file.Length - 1).ListOf(4)
        from value in Gen.Elements<byte>(0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x3a)
        from kind in Gen.Choose(0, 3)
        select kind switch
        {
            0 => file[..places[0]],
            1 => [.. file[..places[0]], .. file[(places[0] + 1)..]],
            2 => [.. file[..places[0]], value, .. file[places[0]..]],
            _ => Changed(file, places, value),
        };

    private static byte[] Changed(byte[] file, IEnumerable<int> places, byte value)
    {
        var copy = (byte[])file.Clone();
        foreach (var place in places)
            copy[place] ^= value;
        return copy;
    }

    private static byte[] Wrap(int field, byte[] message)
    {
        using var stream = new MemoryStream();
        using (var output = new Google.Protobuf.CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(field, Google.Protobuf.WireFormat.WireType.LengthDelimited);
            output.WriteBytes(Google.Protobuf.ByteString.CopyFrom(message));
        }

        return stream.ToArray();
    }
}
