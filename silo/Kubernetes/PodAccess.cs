using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Exceptions;
using k8s.Models;
using Orleans.Hosting.Kubernetes;
using Orrery.Silo.Configuration;

namespace Orrery.Silo.Kubernetes;

/// <summary>
/// Whether this silo may ask Kubernetes what Orleans' agent will: its own pod, and the pods of its cluster. The agent itself asks again for ever,
/// without a pause, where it is not allowed to; here it is said in a sentence, before the silo joins.
/// </summary>
internal static class PodAccess
{
    /// <summary>How Kubernetes' API is reached: by the file that KUBECONFIG names, else as pods do, by their service account.</summary>
    /// <exception cref="KubeConfigException">Neither is there.</exception>
    public static KubernetesClientConfiguration Configuration() =>
        Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } file ? KubernetesClientConfiguration.BuildConfigFromConfigFile(file) : KubernetesClientConfiguration.InClusterConfig();

    /// <summary>Asks. A server that does not answer may be starting, so it is asked again.</summary>
    /// <param name="settings">Of a silo in a pod.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static async Task<string?> CheckAsync(SiloSettings settings, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetTimestamp();
        KubernetesClientConfiguration configuration;
        try
        {
            configuration = Configuration();
        }
        catch (Exception e) when (e is KubeConfigException or IOException)
        {
            return $"Silo:Pod (POD_NAME) is for silos in Kubernetes: {e.Message}";
        }

        using var client = new k8s.Kubernetes(configuration);
        while (true)
        {
            try
            {
                return await AskAsync(client, settings, cancellation);
            }
            catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized)
            {
                return $"Kubernetes does not let this silo look at pods of namespace {settings.Namespace} ({(int)e.Response.StatusCode}); its service account needs get, list and watch of pods";
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
            {
                return $"there is no pod {settings.Pod} in namespace {settings.Namespace}, though Silo:Pod (POD_NAME) says so";
            }
            catch (Exception e) when (e is HttpOperationException or HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                if (TimeProvider.System.GetElapsedTime(began) >= settings.ShutdownTimeout)
                    return $"Kubernetes' API at {configuration.Host} does not answer: {e.InnerException?.Message ?? e.Message}";
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            }
        }
    }

    private static async Task<string?> AskAsync(k8s.Kubernetes client, SiloSettings settings, CancellationToken cancellation)
    {
        var pod = await client.CoreV1.ReadNamespacedPodAsync(settings.Pod, settings.Namespace, cancellationToken: cancellation);
        foreach (var (label, value) in (ReadOnlySpan<(string, string)>)
            [(KubernetesHostingOptions.ServiceIdLabel, settings.Cluster.Service), (KubernetesHostingOptions.ClusterIdLabel, settings.Cluster.Id)])
        {
            // The agent would write it there, for which it would need more rights than to look.
            if (pod.Labels()?.TryGetValue(label, out var found) != true || found != value)
                return $"pod {settings.Pod} must have the label {label}: {value}";
        }

        var labels = $"{KubernetesHostingOptions.ServiceIdLabel}={settings.Cluster.Service},{KubernetesHostingOptions.ClusterIdLabel}={settings.Cluster.Id}";
        await client.CoreV1.ListNamespacedPodAsync(settings.Namespace, labelSelector: labels, limit: 1, cancellationToken: cancellation);
        // A right of its own. The first event, or a second without one, is enough.
        await foreach (var _ in client.CoreV1.WatchListNamespacedPodAsync(settings.Namespace, labelSelector: labels, timeoutSeconds: 1, cancellationToken: cancellation))
            break;
        return null;
    }
}
