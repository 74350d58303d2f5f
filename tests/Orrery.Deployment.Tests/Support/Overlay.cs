using System.Collections.Concurrent;
using System.Diagnostics;

namespace Orrery.Deployment.Tests.Support;

/// <summary>What an overlay renders to, by kubectl's own kustomize; no cluster is asked.</summary>
internal static class Overlay
{
    private static readonly ConcurrentDictionary<string, Lazy<IReadOnlyList<Manifest>>> Rendered = new();

    /// <summary>Why overlays cannot be rendered here; null when they can.</summary>
    public static string? WhyNot { get; } = Probe();

    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetDirectories(Checkout.File("k8s", "overlays")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<Manifest> Render(string name) => RenderFolder($"overlays/{name}");

    /// <summary>A folder of <c>k8s/</c> that is applied beside an overlay.</summary>
    public static IReadOnlyList<Manifest> RenderFolder(string folder) =>
        Rendered.GetOrAdd(folder, static folder => new(() => [.. Yaml.Documents(Kustomize(Checkout.File("k8s", folder))).Select(json => new Manifest(json))])).Value;

    /// <summary>All whose pods come from a template and run an image of ours.</summary>
    public static IEnumerable<Manifest> Ours(string name) => Render(name).Where(one => one.HasPods && one.Image.StartsWith("orrery", StringComparison.Ordinal));

    /// <summary>Those of ours that serve: fronts and silos.</summary>
    public static IEnumerable<Manifest> Servers(string name) => Ours(name).Where(one => one.Kind != "Job");

    private static string Kustomize(string folder)
    {
        using var process = Process.Start(new ProcessStartInfo("kubectl", ["kustomize", folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidDataException(errors.Result);
    }

    private static string? Probe()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("kubectl", ["kustomize", "--help"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : "kubectl has no kustomize here";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "NOT RUN: kubectl is not installed, so the overlays cannot be rendered; the files themselves are still checked";
        }
    }
}

/// <summary>A test over rendered overlays; reported as skipped, with the reason, where nothing can render them.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OverlayFactAttribute : FactAttribute
{
    public OverlayFactAttribute() => Skip = Overlay.WhyNot;
}

/// <inheritdoc cref="OverlayFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OverlayTheoryAttribute : TheoryAttribute
{
    public OverlayTheoryAttribute() => Skip = Overlay.WhyNot;
}

/// <summary>Every overlay there is, so that one that is added is tested.</summary>
internal sealed class EveryOverlay : TheoryData<string>
{
    public EveryOverlay()
    {
        foreach (var name in Overlay.Names)
            Add(name);
    }
}
