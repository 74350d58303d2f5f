using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

public sealed class TensorTests
{
    [Fact]
    public void Carries_every_element_type_through_a_graph_unchanged()
    {
        using var session = Graphs.Open("types");
        var inputs = session.Inputs.Select(info => info.ElementType == OrtElementType.String
            ? OrtValue.Strings(["", "gr\u00fc\u00df", "\U0001F680"], [3])
            : Pattern(info.ElementType, 3)).ToArray();
        int[] all = [.. Enumerable.Range(0, inputs.Length)];
        var outputs = new OrtValue?[inputs.Length];

        session.Run(all, inputs, all, outputs);

        Assert.Equal(14, outputs.Length);
        for (int i = 0; i < outputs.Length; i++)
        {
            var (input, output) = (inputs[i], outputs[i]!);
            Assert.Equal(session.Outputs[i].ElementType, output.ElementType);
            Assert.Equal([3], output.GetShape());
            if (output.ElementType == OrtElementType.String)
                Assert.Equal(["", "gr\u00fc\u00df", "\U0001F680"], output.GetStrings());
            else
                Assert.Equal(input.Bytes.ToArray(), output.Bytes.ToArray());
            input.Dispose();
            output.Dispose();
        }
    }

    [Fact]
    public void Reads_elements_as_the_types_of_dotnet()
    {
        using var half = TestTensor.Of<Half>(OrtElementType.Float16, [(Half)0.5f, (Half)(-65504f)], 2);
        using var flag = TestTensor.Of<bool>(OrtElementType.Bool, [true, false, true], 3, 1);
        using var whole = TestTensor.Of<int>(OrtElementType.Int32, [int.MinValue, 7], 1, 2);

        Assert.Equal([(Half)0.5f, (Half)(-65504f)], half.Value.Data<Half>().ToArray());
        Assert.Equal([true, false, true], flag.Value.Data<bool>().ToArray());
        Assert.Equal([int.MinValue, 7], whole.Value.Data<int>().ToArray());
        Assert.Equal([3, 1], flag.Value.GetShape());
    }

    [Fact]
    public void Makes_text_from_utf8_that_lies_end_to_end()
    {
        using var tensor = OrtValue.Strings("a\u00e9\u65e5"u8, [1, 2, 0, 3], [2, 2]);

        Assert.Equal(["a", "\u00e9", "", "\u65e5"], tensor.GetStrings());
        Assert.Equal([2, 2], tensor.GetShape());
    }

    [Fact]
    public void Keeps_a_zero_within_a_text()
    {
        using var tensor = OrtValue.Strings(["a\0b"], [1]);

        Assert.Equal(["a\0b"], tensor.GetStrings());
    }

    [Fact]
    public void Refuses_texts_that_do_not_fill_the_shape()
    {
        Assert.Throws<ArgumentException>(() => OrtValue.Strings(["a"], [2]));
        Assert.Throws<ArgumentException>(() => OrtValue.Strings("abc"u8, [2, 2], [2]));
    }

    [Fact]
    public void Refuses_to_read_elements_of_another_size()
    {
        using var tensor = TestTensor.Of<float>(OrtElementType.Float32, [1], 1);

        Assert.Throws<InvalidOperationException>(() => tensor.Value.Data<long>().Length);
        using var text = OrtValue.Strings(["a"], [1]);
        Assert.Throws<InvalidOperationException>(() => text.Bytes.Length);
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
        using var empty = OrtValue.Allocate(OrtElementType.Int64, [0, 4]);

        Assert.Empty(scalar.Value.GetShape());
        Assert.Equal([3], scalar.Value.Data<float>().ToArray());
        Assert.Equal(0, empty.Data<long>().Length);
        Assert.Equal([0, 4], empty.GetShape());
    }

    [Fact]
    public void Refuses_a_tensor_that_was_disposed()
    {
        var tensor = OrtValue.Allocate(OrtElementType.Float32, [1]);
        tensor.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.Data<float>().Length);
        using var session = Graphs.Open("identity");
        Assert.Throws<ObjectDisposedException>(() => session.Run([0], [tensor], [0], new OrtValue?[1]));
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

    private static unsafe OrtValue Pattern(OrtElementType type, int count)
    {
        var tensor = OrtValue.Allocate(type, [count]);
        fixed (byte* bytes = tensor.Bytes)
        {
            for (int i = 0; i < tensor.Bytes.Length; i++)
                bytes[i] = type == OrtElementType.Bool ? (byte)(i % 2) : (byte)(i * 37 + (int)type);
        }
        return tensor;
    }
}
