// Calls a cluster's replicas as the front does, without HTTP: `grain-calls GATEWAY KIND SECONDS IN_FLIGHT`, and prints
// "calls, processor seconds of this process, wall seconds, calls with those that warm up". Kinds: nothing (a call that asks for no work), infer
// (one float through `identity`), embed (one short text through `orrery-mini`).
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orrery.ClientApi;
using Orrery.ClientApi.Backend;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

var builder = Host.CreateEmptyApplicationBuilder(null);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.UseOrleansClient(client =>
{
    client.UseStaticClustering(IPEndPoint.Parse(args[0]));
    client.Configure<Orleans.Configuration.ClusterOptions>(options => (options.ClusterId, options.ServiceId) = ("orrery", "orrery"));
    client.AddOrrery(new FrontOptions());
});
using var host = builder.Build();
await host.StartAsync();
var backend = host.Services.GetRequiredService<IInferenceBackend>();
var (kind, seconds, inFlight) = (args[1], TimeSpan.FromSeconds(double.Parse(args[2], CultureInfo.InvariantCulture)), int.Parse(args[3], CultureInfo.InvariantCulture));
while (!await CallAsync())
    await Task.Delay(50);

// Code that is called often is compiled anew meanwhile.
var warm = await LoadAsync(seconds);
var before = Process.GetCurrentProcess().TotalProcessorTime;
var (calls, failures, wall) = await LoadAsync(seconds);
var cpu = Process.GetCurrentProcess().TotalProcessorTime - before;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{calls} {cpu.TotalSeconds} {wall} {warm.Calls + calls}"));
await host.StopAsync();
return failures == 0 ? 0 : 1;

async Task<(long Calls, long Failures, double Seconds)> LoadAsync(TimeSpan duration)
{
    var (calls, failures) = (0L, 0L);
    var clock = Stopwatch.StartNew();
    await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => CallerAsync()));
    return (calls, failures, clock.Elapsed.TotalSeconds);

    async Task CallerAsync()
    {
        while (clock.Elapsed < duration)
        {
            if (await CallAsync())
                Interlocked.Increment(ref calls);
            else
                Interlocked.Increment(ref failures);
        }
    }
}

async ValueTask<bool> CallAsync()
{
    switch (kind)
    {
        case "nothing":
            return (await backend.TokenizeAsync("orrery-mini", [], false, CancellationToken.None)).Error is null;
        case "infer":
            var input = new NamedTensor { Name = "x", Type = OrtElementType.Float32, Shape = [1], Data = new byte[4] };
            return (await backend.InferAsync(new TensorRequest { Model = "identity", Inputs = [input] }, CancellationToken.None)).Error is null;
        default:
            var outcome = await backend.EmbedAsync(new EmbedRequest { Model = "orrery-mini", Inputs = [TextInput.Of("How do I find the card that I lost?")] }, CancellationToken.None);
            outcome.Value?.Dispose();
            return outcome.Error is null;
    }
}
