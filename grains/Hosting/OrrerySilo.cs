using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orrery.Engine.Vectors;
using Orrery.Grains.Membership;
using Orrery.Grains.Placement;
using Orrery.Grains.Replicas;
using Orrery.Grains.Supervision;
using Orrery.Grains.Vectors;
using Orrery.Interfaces;
using Orrery.Interfaces.Vectors;

namespace Orrery.Grains.Hosting;

/// <summary>Makes a silo one of ours, however it finds its cluster.</summary>
public static class OrrerySilo
{
    /// <summary>Registers grains' services, placement, and how soon a lost silo is noticed. The storage provider <see cref="Registry.RegistryGrain.Storage"/> is the caller's.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="role">What it is; valid.</param>
    /// <param name="device">What it has.</param>
    /// <param name="fleet">How replicas and pools follow the load; valid, and the same on every silo.</param>
    /// <param name="vectors">What the cluster keeps of vectors; null where it keeps none, or the caller registers an <see cref="IVectorStore"/> itself.</param>
    /// <param name="owned">The store on this silo's disk; null when it keeps no part of them. The caller's, to be closed after the silo.</param>
    public static ISiloBuilder AddOrrery(this ISiloBuilder silo, SiloRole role, DeviceProbe device, FleetOptions fleet, VectorOptions? vectors = null, OwnedStore? owned = null)
    {
        silo.UseSiloMetadata(new Dictionary<string, string> { [DeviceFilterDirector.Pool] = role.Pool, ["zone"] = role.Zone, [NearStoreDirector.Store] = owned?.Id ?? "" });
        silo.AddMembership();
        // The classic directory ends the activations of silos that live when the silo goes that had them registered: replicas that answer, the
        // registry. This one asks the silos what they have instead. Still experimental by its attribute in 10.4, though it is worked on most.
#pragma warning disable ORLEANSEXP003
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        // A stopping silo waits for its replicas itself, before its grains are deactivated: what a grain still does then is not waited for.
        silo.Configure<GrainCollectionOptions>(options => options.DeactivationTimeout = TimeSpan.FromSeconds(3));
        var services = silo.Services;
        services.AddWireSerialization();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(role);
        services.AddSingleton(device);
        services.AddSingleton(fleet);
        services.AddSingleton<ClusterMap>();
        services.AddSingleton<ReplicaHost>();
        services.AddPlacementFilter<DeviceFilterStrategy, DeviceFilterDirector>(ServiceLifetime.Singleton);
        services.AddPlacementFilter<NearReplicaStrategy, NearReplicaDirector>(ServiceLifetime.Singleton);
        services.AddSingleton<SiloAgent>();
        services.AddHostedService(provider => provider.GetRequiredService<SiloAgent>());
        silo.AddVectors(vectors ?? new VectorOptions(), owned);
        if (vectors is not null)
            services.AddSingleton<IVectorStore>(provider => new ClusterVectorStore(provider.GetRequiredService<IGrainFactory>(), vectors, provider.GetRequiredService<TimeProvider>()));
        return silo;
    }

    /// <summary>Who is a member, and what a silo may do that is not sure to be one.</summary>
    private static void AddMembership(this ISiloBuilder silo)
    {
        silo.Configure<ClusterMembershipOptions>(LossDetection.Configure);
        silo.Configure<GrainDirectoryOptions>(LossDetection.Configure);
        var services = silo.Services;
        services.AddKeyedSingleton<TimeProvider>(TimeProviderNames.Membership, new UptimeClock());
        silo.AddGrainService<Witness>();
        services.AddSingleton<IWitnesses, Witnesses>();
        services.AddSingleton<MembershipLease>();
        services.AddHostedService(provider => provider.GetRequiredService<MembershipLease>());
    }

    /// <summary>Every silo may have the directory, whatever it keeps itself.</summary>
    private static void AddVectors(this ISiloBuilder silo, VectorOptions options, OwnedStore? owned)
    {
        silo.Services.AddSingleton(options);
        silo.Services.AddPlacementFilter<NearStoreStrategy, NearStoreDirector>(ServiceLifetime.Singleton);
        if (owned is null)
            return;
        // An instance that was made elsewhere is not closed with the services.
        silo.Services.AddSingleton(owned);
        silo.Services.AddHostedService<VectorAgent>();
    }
}
