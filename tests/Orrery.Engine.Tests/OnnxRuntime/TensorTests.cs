using Orrery.Engine.Execution;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

public sealed class TensorTests
{
    [Fact]
    public async Task Carries_every_element_type_through_a_graph_unchanged()
    {
        using var session = Graphs.Open("types");
        var request = new TensorRequest { Model = "", Inputs = [.. session.Inputs.Select(info => Pattern(info.Name, info.ElementType, 3))] };
        var item = new TensorItem(request, "version") { Length = 1 };

        item.Run(session);
        item.Deliver();

        var outputs = (await item.Answer).Value!.Outputs;
        Assert.Equal(14, outputs.Count);
        for (int i = 0; i < outputs.Count; i++)
        {
            Assert.Equal(session.Outputs[i].Name, outputs[i].Name);
            Assert.Equal(session.Outputs[i].ElementType, outputs[i].Type);
            Assert.Equal([3], outputs[i].Shape);
            Assert.Equal(request.Inputs[i].Data.ToArray(), outputs[i].Data.ToArray());
            Assert.Equal(request.Inputs[i].Strings?.Select(text => Convert.ToHexString(text.Span)), outputs[i].Strings?.Select(text => Convert.ToHexString(text.Span)));
        }
    }

    [Fact]
    public void Refuses_memory_too_small_for_the_shape()
    {
        var error = Assert.Throws<OrtException>(() => TestTensor.Of<float>(OrtElementType.Float32, [1], 2));

        Assert.Equal(OrtErrorCode.InvalidArgument, error.Code);
    }

    [Fact]
    public void Reads_scalars_and_tensors_without_elements()
    {
        using var scalar = TestTensor.Of<float>(OrtElementType.Float32, [3]);
        using var empty = TestTensor.Of<long>(OrtElementType.Int64, [], 0, 4);

        Assert.Empty(scalar.Value.GetTensorTypeAndShape().Shape);
        Assert.Equal([3], scalar.Value.GetTensorDataAsSpan<float>().ToArray());
        Assert.Equal(0, OrtBinding.Bytes(empty.Value).Length);
        Assert.Equal([0, 4], empty.Value.GetTensorTypeAndShape().Shape);
    }

    [Theory]
    [InlineData(OrtElementType.UInt2, 5, 2)]
    [InlineData(OrtElementType.Int4, 3, 2)]
    [InlineData(OrtElementType.BFloat16, 3, 6)]
    [InlineData(OrtElementType.Complex128, 2, 32)]
    [InlineData(OrtElementType.Float8E8M0, 9, 9)]
    public void Knows_the_bytes_of_a_type(OrtElementType type, long count, int bytes) =>
        Assert.Equal((nuint)bytes, type.ByteLength(count));

    [Fact]
    public unsafe void A_buffer_lies_on_64_bytes_and_keeps_its_content_as_it_grows()
    {
        using var buffer = new NativeBuffer(10);
        buffer.As<byte>()[9] = 42;
        for (nuint size = 1; size < 100_000; size *= 3)
        {
            buffer.EnsureCapacity(size);
            Assert.Equal(0u, (nuint)buffer.Address % 64);
            Assert.True(buffer.ByteLength >= size);
            Assert.Equal(42, buffer.As<byte>()[9]);
        }
        Assert.Equal(0, buffer.As<byte>()[^1]);
    }

    // A text with a zero within it is one text.
    private static NamedTensor Pattern(string name, OrtElementType type, int count)
    {
        var tensor = new NamedTensor { Name = name, Type = type, Shape = [count] };
        if (type == OrtElementType.String)
            return tensor with { Strings = [ReadOnlyMemory<byte>.Empty, "gr\u00fc\u00df"u8.ToArray(), "a\0\U0001F680"u8.ToArray()] };
        byte[] bytes = new byte[(int)type.ByteLength(count)];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = type == OrtElementType.Bool ? (byte)(i % 2) : (byte)(i * 37 + (int)type);
        return tensor with { Data = bytes };
    }
}
