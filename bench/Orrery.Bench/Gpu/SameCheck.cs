using System.Globalization;
using System.Net.Http.Json;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Orrery.Bench.Gpu;

/// <summary>The same texts through a server on the CPU and one on the device: their embeddings' cosine distances.</summary>
internal static class SameCheck
{
    private const double MaxDistance = 1e-3;
    private const int Texts = 512;
    private const int TextsPerRequest = 64;

    public static async Task<int> RunAsync(string model, string device)
    {
        var texts = TextMix.Read(Places.Shared)[..Texts];
        var here = await EmbedAsync(model, device, texts);
        var there = await EmbedAsync(model, "cpu", texts);
        var distances = here.Zip(there, (a, b) => 1 - (double)TensorPrimitives.CosineSimilarity<float>(a, b)).ToArray();
        return GpuCommand.Say(distances.Max() <= MaxDistance, string.Create(
            CultureInfo.InvariantCulture, $"{texts.Length} embeddings of {model} on {device} equal the CPU's: cosine distance at most {distances.Max():E2}, {distances.Average():E2} on average (to reach: {MaxDistance:E0})"));
    }

    private static async Task<float[][]> EmbedAsync(string model, string device, string[] texts)
    {
        using var server = await EmbedBench.OrreryAsync(Places.Model(model), device, HttpLoad.EmbeddingRequests(model, texts, 1)[0]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{server.Port}") };
        var embeddings = new List<float[]>();
        foreach (var some in texts.Chunk(TextsPerRequest))
        {
            using var answer = await client.PostAsJsonAsync("/v1/embeddings", new { model, input = some, encoding_format = "base64" });
            var json = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
            foreach (var one in json.GetProperty("data").EnumerateArray())
                embeddings.Add(MemoryMarshal.Cast<byte, float>(one.GetProperty("embedding").GetBytesFromBase64()).ToArray());
        }

        return [.. embeddings];
    }
}
