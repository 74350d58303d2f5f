using System.Globalization;
using Orrery.Engine.Models;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Bench.Gpu;

/// <summary>
/// Whether a provider itself runs a model: no other is allowed, ONNX Runtime tells which nodes it was given, the driver tells of the memory
/// that the session took, and runs take another time than on the CPU.
/// </summary>
internal static class ProviderCheck
{
    // Shapes and indices are computed on the CPU by ONNX Runtime's own choice; products and normalization are not.
    private const double MinShare = 0.75;
    private const int Batch = 64;

    public static int Run(string model, string device)
    {
        var directory = Places.Model(model);
        var environment = OrtEnvironment.Create();
        using var session = new OrtSession(environment, ModelFiles.Open(directory, []).Graph, new OrtSessionOptions { Providers = ProviderNames.Parse([device]) });
        var total = session.ProviderNodes.Values.Sum();
        var own = session.ProviderNodes.GetValueOrDefault(session.Provider);
        Console.WriteLine($"ONNX Runtime {environment.Version} from {environment.LibraryPath}: nodes by provider: {string.Join(", ", session.ProviderNodes.Select(one => $"{one.Key} {one.Value}"))}");
        using var here = new RawOnnxRuntime(directory, TextMix.Read(Places.Shared), 256, device);
        using var there = new RawOnnxRuntime(directory, TextMix.Read(Places.Shared), 256);
        var (fast, slow) = (here.TextsPerSecond(new RawSetting(1, 1, Batch), TimeSpan.FromSeconds(2)), there.TextsPerSecond(new RawSetting(1, 1, Batch), TimeSpan.FromSeconds(2)));
        return GpuCommand.Say(
            session.Provider == device.Split(':')[0] && own >= MinShare * total,
            string.Create(CultureInfo.InvariantCulture, $"{session.Provider} runs {own} of {total} nodes of {model} (to reach: {MinShare:P0}); {fast:F0} texts/s in batches of {Batch}, one CPU thread {slow:F0}"));
    }
}
