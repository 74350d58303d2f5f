using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Orrery.Engine.Tests.Support;
using Xunit.Abstractions;
using ElementType = Orrery.Onnx.TensorProto.Types.DataType;

namespace Orrery.Standalone.Tests.Serve;

/// <summary>A process with little memory, and what would take it.</summary>
public sealed class MemoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const long Limit = 400 << 20;

    private readonly string _models = Directory.CreateTempSubdirectory("orrery-test-").FullName;
    private OrreryProcess _process = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        // As attention does: a number for each pair of rows.
        new TinyGraph().Input("x", ElementType.Float, "rows", "1").Output("sum", ElementType.Float, "1", "1")
            .Node("Transpose", "turned", ["x"]).Node("MatMul", "pairs", ["x", "turned"]).Node("ReduceSum", "sum", ["pairs"])
            .Save(Path.Combine(_models, "pairs", "model.onnx"));
        (_process, _client) = await OrreryProcess.ServeAsync(["--models", _models], ("ORRERY__Engine__MemoryLimit", Limit.ToString(CultureInfo.InvariantCulture)));
    }

    public Task DisposeAsync()
    {
        _client.Dispose();
        _process.Dispose();
        Directory.Delete(_models, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_run_that_needs_more_than_there_is_fails_by_name_and_the_next_is_answered()
    {
        Assert.Equal(HttpStatusCode.OK, (await InferAsync(100)).Status);
        for (var i = 0; i < 3; i++)
        {
            var (status, body) = await InferAsync(30_000);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains("Engine:MemoryLimit", body, StringComparison.Ordinal);
        }

        // Within the limit: 64 MB. It was no lasting harm.
        Assert.Equal(HttpStatusCode.OK, (await InferAsync(4000)).Status);
        output.WriteLine($"{_process.MostMemory >> 20} MB at the most");
        Assert.InRange(_process.MostMemory, 0, Limit);
    }

    [Fact]
    public async Task A_run_that_is_absurd_is_refused_before_anything_is_taken_for_it()
    {
        await InferAsync(2);
        var (status, body) = await InferAsync(4_000_000);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("far beyond", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_late_is_ended_and_its_caller_is_told_at_the_deadline()
    {
        // Some 5 billion multiplications; the clock is the server's.
        var (status, _) = await InferAsync(9000, ("X-Timeout-Ms", "1"));
        Assert.Equal(HttpStatusCode.GatewayTimeout, status);
        Assert.Equal(HttpStatusCode.OK, (await InferAsync(10)).Status);
    }

    private async Task<(HttpStatusCode Status, string Body)> InferAsync(int rows, params (string Name, string Value)[] headers)
    {
        var json = Encoding.ASCII.GetBytes($$$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[{{{rows}}},1],"parameters":{"binary_data_size":{{{4 * rows}}}}}]}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/models/pairs/infer") { Content = new ByteArrayContent([.. json, .. new byte[4 * rows]]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Headers.Add("Inference-Header-Content-Length", json.Length.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        using var response = await _client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
