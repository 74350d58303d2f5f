using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Agreement;

/// <summary>Who owns a workload's number of replicas.</summary>
internal static class Scaling
{
    /// <summary>The HorizontalPodAutoscalers and ScaledObjects of an overlay that a workload is the target of.</summary>
    public static IReadOnlyList<Manifest> Of(string overlay, Manifest workload) =>
        [.. Overlay.Render(overlay).Where(one => one.Kind is "HorizontalPodAutoscaler" or "ScaledObject" && TargetOf(one) == (workload.Kind, workload.Name))];

    public static (string Kind, string Name) TargetOf(Manifest scaler)
    {
        var target = scaler.Spec["scaleTargetRef"]!;
        return ((string?)target["kind"] ?? "Deployment", (string)target["name"]!);
    }

    /// <summary>The least replicas that its scaler leaves.</summary>
    public static int LeastOf(string overlay, Manifest workload)
    {
        var scaler = Assert.Single(Of(overlay, workload));
        return (int)(scaler.Spec["minReplicas"] ?? scaler.Spec["minReplicaCount"])!;
    }
}
