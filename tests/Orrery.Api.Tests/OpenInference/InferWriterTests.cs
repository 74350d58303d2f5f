using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Api.OpenInference;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.Tests.OpenInference;

public sealed class InferWriterTests
{
    [Fact]
    public async Task Sends_large_values_as_JSON_in_parts_where_bytes_follow_too()
    {
        var values = Enumerable.Range(0, 500_000).Select(i => MathF.Sin(i)).ToArray();
        byte[] bytes = [1, 2, 3, 4];
        var context = new DefaultHttpContext();
        using var sent = new Parts();
        context.Response.Body = sent;
        var message = new InferMessage { Outputs = [new WantedOutput("json", false), new WantedOutput("bytes", true)] };
        using (var reply = new Reply())
        {
            await InferWriter.SendAsync(context, reply, new ModelInfo { Name = "m", State = ModelState.Ready, Digest = new string('0', 64) }, message,
            [
                new NamedTensor { Name = "json", Type = OrtElementType.Float32, Shape = [values.Length], Data = MemoryMarshal.AsBytes<float>(values).ToArray() },
                new NamedTensor { Name = "bytes", Type = OrtElementType.UInt8, Shape = [bytes.Length], Data = bytes },
            ]);
        }

        Assert.InRange(sent.Largest, 1, 4 * Reply.PartBytes);
        var all = sent.ToArray();
        Assert.Equal(context.Response.ContentLength, all.Length);
        var length = int.Parse(context.Response.Headers[InferRoute.HeaderLength]!, CultureInfo.InvariantCulture);
        Assert.Equal(bytes, all[length..]);
        using var json = JsonDocument.Parse(all.AsMemory(0, length));
        Assert.Equal(values, json.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetSingle()));
    }

    private sealed class Parts : MemoryStream
    {
        public int Largest { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Largest = Math.Max(Largest, buffer.Length);
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
