using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.OpenInference;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.Tests.OpenInference;

public sealed class InferReaderTests
{
    [Fact]
    public void Packs_any_numbers_as_they_are() =>
        Prop.ForAll(ArbMap.Default.ArbFor<long[]>(), ArbMap.Default.ArbFor<NormalFloat[]>(), (integers, reals) =>
        {
            Assert.Equal(integers, Pack<long>(OrtElementType.Int64, string.Join(',', integers), integers.Length));
            var floats = Array.ConvertAll(reals, real => (float)real.Get);
            Assert.Equal(floats, Pack<float>(OrtElementType.Float32, string.Join(',', floats.Select(value => value.ToString("R", CultureInfo.InvariantCulture))), floats.Length));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Splits_any_strings_it_was_given_and_refuses_what_is_torn() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>[]>(), ArbMap.Default.ArbFor<PositiveInt>(), (texts, cut) =>
        {
            using var packed = new MemoryStream();
            foreach (var text in texts)
            {
                var bytes = Encoding.UTF8.GetBytes(text.Get);
                packed.Write(BitConverter.GetBytes((uint)bytes.Length));
                packed.Write(bytes);
            }

            var whole = packed.ToArray();
            var strings = new List<ReadOnlyMemory<byte>>();
            Assert.Null(InferReader.SplitStrings(whole, strings));
            Assert.Equal(texts.Select(text => Encoding.UTF8.GetBytes(text.Get)), strings.Select(text => text.ToArray()));
            if (whole.Length > 0)
                Assert.NotNull(InferReader.SplitStrings(new byte[] { 255, 255, 255, 255, 1 }, []));
            _ = InferReader.SplitStrings(whole.AsMemory(0, cut.Get % (whole.Length + 1)), []);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Refuses_any_bytes_that_are_no_request_without_failing() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<NonNegativeInt>(), (bytes, header) =>
        {
            Assert.NotNull(InferReader.Read(bytes, null, out _));
            Assert.NotNull(InferReader.Read(bytes, header.Get % (bytes.Length + 1), out _));
        }).QuickCheckThrowOnFailure();

    private static T[] Pack<T>(OrtElementType type, string items, int count)
        where T : unmanaged
    {
        using var document = JsonDocument.Parse($"[{items}]");
        Assert.Null(JsonTensor.Pack(document.RootElement, type, count, out var packed));
        return MemoryMarshal.Cast<byte, T>(packed).ToArray();
    }
}
