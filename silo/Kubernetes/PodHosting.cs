using Orleans.Hosting.Kubernetes;
using Orrery.Silo.Configuration;

namespace Orrery.Silo.Kubernetes;

/// <summary>Lets Orleans know that the silo is a pod: it is called by the pod's name, and silos whose pods are gone leave the membership.</summary>
internal static class PodHosting
{
    public static void UsePod(this ISiloBuilder silo, SiloSettings settings)
    {
        // The package takes them from nowhere else.
        Environment.SetEnvironmentVariable(KubernetesHostingOptions.PodNameEnvironmentVariable, settings.Pod);
        Environment.SetEnvironmentVariable(KubernetesHostingOptions.PodNamespaceEnvironmentVariable, settings.Namespace);
        // As many silos watch: the first of them may be no pods, and one of them the one that is gone.
        silo.UseKubernetesHosting(options => options.Configure(hosting => (hosting.GetClientConfiguration, hosting.MaxAgents) = (PodAccess.Configuration, 4)));
        var agent = silo.Services.Single(service => service.ImplementationType == typeof(KubernetesClusterAgent));
        silo.Services.Remove(agent);
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services =>
            ActivatorUtilities.CreateInstance<KubernetesClusterAgent>(services, ActivatorUtilities.CreateInstance<PodMembership>(services)));
    }
}
