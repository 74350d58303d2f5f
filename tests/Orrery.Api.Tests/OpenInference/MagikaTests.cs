using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Api.Tests.Support;
using Orrery.Engine;

namespace Orrery.Api.Tests.OpenInference;

/// <summary>A production model that knows nothing of texts, by raw tensors: what kind of file some bytes are.</summary>
public sealed class MagikaTests
{
    [SharedFact]
    public async Task Labels_real_files()
    {
        var directory = Path.Combine(SharedFactAttribute.Shared!, "models", "magika");
        await using var backend = await LocalBackend.CreateAsync(new EngineOptions { ModelDirectories = [directory] }, NullLoggerFactory.Instance, TimeProvider.System, default);
        await backend.LoadAllAsync(default);
        await using var server = await ApiServer.StartAsync(backend);
        using var config = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(directory, "config.min.json")));
        var labels = config.RootElement.GetProperty("target_labels_space").EnumerateArray().Select(label => label.GetString()!).ToArray();
        (string File, string Label)[] files =
        [
            (Support.Repository.Path("engine", "LocalBackend.cs"), "cs"),
            (Support.Repository.Path("samples", "generate", "bert.py"), "python"),
            (Support.Repository.Path("tests", "fixtures", "golden", "text", "tiny-mean.json"), "json"),
            (Support.Repository.Path("orrery"), "shell"),
        ];
        foreach (var (file, label) in files)
        {
            var features = Features(await File.ReadAllBytesAsync(file));
            var json = await server.PostAsync("/v2/models/magika/infer", $$"""{"inputs":[{"name":"bytes","datatype":"INT32","shape":[1,2048],"data":[{{string.Join(',', features)}}]}]}""");
            var scores = json.Json.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetSingle()).ToArray();
            Assert.Equal(label, labels[Array.IndexOf(scores, scores.Max())]);
            Assert.Equal(scores, await BinaryAsync(server, features));
        }
    }

    private static async Task<float[]> BinaryAsync(ApiServer server, int[] features)
    {
        var head = Encoding.UTF8.GetBytes("""{"inputs":[{"name":"bytes","datatype":"INT32","shape":[1,2048],"parameters":{"binary_data_size":8192}}],"parameters":{"binary_data_output":true}}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/magika/infer") { Content = new ByteArrayContent([.. head, .. MemoryMarshal.AsBytes<int>(features)]) };
        request.Headers.Add("Inference-Header-Content-Length", head.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await server.Client.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        return MemoryMarshal.Cast<byte, float>(body.AsSpan(int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), CultureInfo.InvariantCulture))).ToArray();
    }

    /// <summary>The first and last 1,024 bytes without white space around, padded with 256, as the model's configuration says.</summary>
    private static int[] Features(byte[] content)
    {
        var features = new int[2048];
        Array.Fill(features, 256);
        var first = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(content.AsSpan(0, Math.Min(4096, content.Length))).TrimStart());
        var last = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(content.AsSpan(Math.Max(0, content.Length - 4096))).TrimEnd());
        for (var i = 0; i < Math.Min(1024, first.Length); i++)
            features[i] = first[i];
        var kept = Math.Min(1024, last.Length);
        for (var i = 0; i < kept; i++)
            features[2048 - kept + i] = last[last.Length - kept + i];
        return features;
    }
}

/// <summary>A test that needs the shared models, and says so where they are not.</summary>
internal sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute()
    {
        if (Shared is null)
            Skip = "needs the shared models: set ORRERY_SHARED to their folder";
    }

    public static string? Shared { get; } = Find();

    private static string? Find()
    {
        var shared = Environment.GetEnvironmentVariable("ORRERY_SHARED") ?? Repository.Path("..", "shared");
        return Directory.Exists(Path.Combine(shared, "models")) ? shared : null;
    }
}
