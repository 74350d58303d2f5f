using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orrery.Api.Http;

namespace Orrery.Api.Tests.Http;

public sealed class JsonBytesTests
{
    private static readonly string[] Pieces =
        ["a", "\\\\", "\\n", "\\\"", "\\u0000", "\\u0041", "\\ud83d", "\\ude00", "\\uD83D\\uDE00", "\\uDBFF", "\\uDFFF", "\\\\ud800", "é", "ud800"];

    [Fact]
    public void Agrees_with_the_reader_on_what_can_be_taken() =>
        Prop.ForAll(Gen.ListOf(Gen.Elements(Pieces)).ToArbitrary(), pieces =>
        {
            var json = Encoding.UTF8.GetBytes("\"" + string.Concat(pieces) + "\"");
            return (JsonBytes.Check(json) is null) == CanBeTaken(json);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    [Theory]
    [InlineData("\\")]
    [InlineData("\\u")]
    [InlineData("\\ud83d\\")]
    [InlineData("\\u12")]
    public void Leaves_what_breaks_off_to_the_reader(string json) =>
        Assert.DoesNotContain("UTF-8", JsonBytes.Check(Encoding.UTF8.GetBytes(json)) ?? "", StringComparison.Ordinal);

    [Fact]
    public void Names_what_is_wrong()
    {
        Assert.Contains("UTF-8", JsonBytes.Check([(byte)'"', 0xC3, 0x28, (byte)'"']), StringComparison.Ordinal);
        Assert.Contains("surrogate", JsonBytes.Check("\"\\ud800\""u8), StringComparison.Ordinal);
    }

    private static bool CanBeTaken(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        try
        {
            return reader.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
