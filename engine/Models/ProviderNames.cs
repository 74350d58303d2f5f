using System.Globalization;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Models;

/// <summary>Device names as operators write them: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>.</summary>
internal static class ProviderNames
{
    private static readonly string[] _known = ["cuda", "tensorrt", "webgpu", "openvino", "coreml", "dml", "cpu"];

    /// <summary>Says which name is not a device; null when all are.</summary>
    public static string? Validate(IEnumerable<string> devices)
    {
        foreach (var device in devices)
        {
            var (name, index) = Split(device);
            if (!_known.Contains(name) || (index is not null && !int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
                return $"Devices: '{device}' is not one of {string.Join(", ", _known)}, with :index where there are several";
        }

        return null;
    }

    /// <summary>Execution providers in the order given; cpu is the last resort of every list.</summary>
    public static IReadOnlyList<ExecutionProvider> Parse(IEnumerable<string> devices)
    {
        var providers = new List<ExecutionProvider>();
        foreach (var device in devices)
        {
            var (name, index) = Split(device);
            providers.Add(new ExecutionProvider(name, index is null ? null : new Dictionary<string, string> { ["device_id"] = index }));
        }

        if (!providers.Exists(provider => provider.Name == "cpu"))
            providers.Add(new ExecutionProvider("cpu"));
        return providers;
    }

    private static (string Name, string? Index) Split(string device) =>
        device.Split(':', 2) is [var name, var index] ? (name, index) : (device, null);
}
