namespace Orrery.ClientApi.Routing;

/// <summary>
/// Grains by way of a silo that answers, chosen anew for each reference: what is not asked of one replica, as the registry and the owners of vectors. A
/// reference is for one call. Before there is such a way, by whichever gateway Orleans chooses.
/// </summary>
internal sealed class LiveGrains(IGrainFactory any, SiloChannels channels) : IGrainFactory
{
    private IGrainFactory Now => channels.Any() ?? any;

    public T GetGrain<T>(Guid primaryKey, string? grainClassNamePrefix = null)
        where T : IGrainWithGuidKey => Now.GetGrain<T>(primaryKey, grainClassNamePrefix);

    public T GetGrain<T>(long primaryKey, string? grainClassNamePrefix = null)
        where T : IGrainWithIntegerKey => Now.GetGrain<T>(primaryKey, grainClassNamePrefix);

    public T GetGrain<T>(string primaryKey, string? grainClassNamePrefix = null)
        where T : IGrainWithStringKey => Now.GetGrain<T>(primaryKey, grainClassNamePrefix);

    public T GetGrain<T>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where T : IGrainWithGuidCompoundKey => Now.GetGrain<T>(primaryKey, keyExtension, grainClassNamePrefix);

    public T GetGrain<T>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where T : IGrainWithIntegerCompoundKey => Now.GetGrain<T>(primaryKey, keyExtension, grainClassNamePrefix);

    public T GetGrain<T>(GrainId grainId)
        where T : IAddressable => Now.GetGrain<T>(grainId);

    public T CreateObjectReference<T>(IGrainObserver obj)
        where T : IGrainObserver => any.CreateObjectReference<T>(obj);

    public void DeleteObjectReference<T>(IGrainObserver obj)
        where T : IGrainObserver => any.DeleteObjectReference<T>(obj);

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => Now.GetGrain(grainInterfaceType, grainPrimaryKey);

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => Now.GetGrain(grainInterfaceType, grainPrimaryKey);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => Now.GetGrain(grainInterfaceType, grainPrimaryKey);

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => Now.GetGrain(grainInterfaceType, grainPrimaryKey, keyExtension);

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => Now.GetGrain(grainInterfaceType, grainPrimaryKey, keyExtension);

    public IAddressable GetGrain(GrainId grainId) => Now.GetGrain(grainId);

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => Now.GetGrain(grainId, interfaceType);

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => Now.GetGrain(interfaceType, grainKey, grainClassNamePrefix);

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => Now.GetGrain(interfaceType, grainKey);
}
