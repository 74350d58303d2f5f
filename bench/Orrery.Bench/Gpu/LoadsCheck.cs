using System.Globalization;

namespace Orrery.Bench.Gpu;

/// <summary>A model unloaded and loaded many times: the device's memory afterwards beside what it was after the first few times.</summary>
internal static class LoadsCheck
{
    // Arenas and kernels' workspaces find their size in the first loads; what grows after them grows for ever.
    private const int Settled = 5;
    private const double MaxGrowthMegabytes = 32;

    public static async Task<int> RunAsync(string model, string device, int times)
    {
        var request = HttpLoad.EmbeddingRequests(model, TextMix.Read(Places.Shared)[..1], 1)[0];
        using var server = await EmbedBench.OrreryAsync(Places.Model(model), device, request);
        var start = 0.0;
        for (var time = 1; time <= times; time++)
        {
            foreach (var order in (string[])["unload", "load"])
                await server.PostAsync($"/v2/repository/models/{model}/{order}");
            await server.AnswerAsync(request);
            if (time == Settled)
                start = Megabytes(server, device);
        }

        var end = Megabytes(server, device);
        return GpuCommand.Say(end - start <= MaxGrowthMegabytes, string.Create(
            CultureInfo.InvariantCulture, $"{times} loads of {model} on {device}: {start:F0} MB after {Settled}, {end:F0} MB after all (may grow by {MaxGrowthMegabytes:F0}), the process's own {server.ResidentMegabytes:F0} MB"));
    }

    /// <summary>What is in use: of an NVIDIA device by its driver's word, which is of all processes; of the processor the server's own.</summary>
    private static double Megabytes(ServerProcess server, string device) => device.StartsWith("cuda", StringComparison.Ordinal)
        ? double.Parse(Places.Run(Places.Root, "nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "--id=0"), CultureInfo.InvariantCulture)
        : server.ResidentMegabytes;
}
