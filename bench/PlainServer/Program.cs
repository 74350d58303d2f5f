// What a team writes in an afternoon: a minimal API, one session behind a semaphore, a request at a time.
// It has our tokenizer and the same ONNX Runtime, so that what differs from the server is only how work is batched and answered.
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Orrery.Engine.OnnxRuntime;
using Orrery.Engine.Tokenization;

if (args is not [var directory, var port])
{
    Console.Error.WriteLine("usage: plain-server MODEL_DIRECTORY PORT");
    return 2;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
var app = builder.Build();

var environment = OrtEnvironment.Create();
using var session = new OrtSession(environment, Path.Combine(directory, "onnx", "model.onnx"), new OrtSessionOptions { IntraOpThreads = Environment.ProcessorCount });
var tokenizer = Tokenizer.FromDirectory(directory);
var one = new SemaphoreSlim(1);

app.MapGet("/health", () => Results.Ok());
app.MapPost("/v1/embeddings", async (EmbeddingsRequest request, CancellationToken cancellation) =>
{
    var texts = request.Input.ValueKind == System.Text.Json.JsonValueKind.Array
        ? request.Input.EnumerateArray().Select(text => text.GetString()!).ToArray()
        : [request.Input.GetString()!];
    await one.WaitAsync(cancellation);
    try
    {
        var embeddings = Embed(texts);
        return Results.Ok(new
        {
            @object = "list",
            model = request.Model,
            data = embeddings.Select((embedding, index) => new { @object = "embedding", index, embedding = Convert.ToBase64String(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(embedding)) }),
        });
    }
    finally
    {
        one.Release();
    }
});
app.Run();
return 0;

static unsafe OrtValue Over(NativeBuffer buffer, int rows, int columns) =>
    OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Int64, [rows, columns], (nint)buffer.Address, rows * columns * sizeof(long));

float[][] Embed(string[] texts)
{
    var encodings = texts.Select(text =>
    {
        var encoding = new Encoding();
        tokenizer.Encode(text, new EncodeOptions(MaxLength: 256), encoding);
        return encoding.Ids.ToArray();
    }).ToArray();
    var longest = encodings.Max(ids => ids.Length);
    var tensors = session.Inputs.Select(input =>
    {
        var buffer = new NativeBuffer();
        buffer.EnsureCapacity((nuint)(texts.Length * longest * sizeof(long)));
        var values = buffer.As<long>(texts.Length * longest);
        values.Clear();
        for (var i = 0; i < texts.Length; i++)
        {
            for (var t = 0; t < encodings[i].Length; t++)
                values[(i * longest) + t] = input.Name == "input_ids" ? encodings[i][t] : input.Name == "attention_mask" ? 1 : 0;
        }

        return (Buffer: buffer, Value: Over(buffer, texts.Length, longest));
    }).ToArray();
    using var outputs = session.Run(session.Inputs.Select(input => input.Name).ToArray(), tensors.Select(tensor => tensor.Value).ToArray(), [session.Outputs[0].Name]);
    var width = (int)outputs[0].GetTensorTypeAndShape().Shape[2];
    var vectors = outputs[0].GetTensorDataAsSpan<float>();
    var result = new float[texts.Length][];
    for (var i = 0; i < texts.Length; i++)
    {
        var mean = result[i] = new float[width];
        for (var t = 0; t < encodings[i].Length; t++)
        {
            for (var d = 0; d < width; d++)
                mean[d] += vectors[(((i * longest) + t) * width) + d];
        }

        var norm = MathF.Sqrt(mean.Sum(value => value * value));
        for (var d = 0; d < width; d++)
            mean[d] /= norm;
    }

    foreach (var (buffer, value) in tensors)
    {
        value.Dispose();
        buffer.Dispose();
    }

    return result;
}

/// <summary>OpenAI's request, as far as it is used here.</summary>
internal sealed record EmbeddingsRequest(string Model, System.Text.Json.JsonElement Input);
