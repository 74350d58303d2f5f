using Microsoft.Extensions.Logging;

namespace Orrery.Grains;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Replica of {Model} {Version} answers on {Silo}, after {WarmUp}, with {Memory} bytes")]
    public static partial void ReplicaReady(ILogger logger, string model, string version, SiloAddress silo, TimeSpan warmUp, long memory);

    [LoggerMessage(2, LogLevel.Warning, "Replica of {Model} is refused by {Silo}: {Reason}")]
    public static partial void ReplicaRefused(ILogger logger, string model, SiloAddress silo, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Replica {Key} on {Silo} is replaced: {Reason}")]
    public static partial void ReplicaLost(ILogger logger, string key, SiloAddress silo, string reason);

    [LoggerMessage(4, LogLevel.Warning, "The registry does not answer: {Reason}")]
    public static partial void RegistrySilent(ILogger logger, string reason);

    [LoggerMessage(5, LogLevel.Error, "Supervision of {Model} failed")]
    public static partial void SupervisionFailed(ILogger logger, Exception exception, string model);

    [LoggerMessage(6, LogLevel.Information, "{Model} is to have {Desired} replicas of {Version}; {Ready} answer")]
    public static partial void Scaled(ILogger logger, string model, int desired, string version, int ready);

    [LoggerMessage(7, LogLevel.Warning, "{Path} cannot be looked through: {Reason}")]
    public static partial void ScanFailed(ILogger logger, string path, string reason);

    [LoggerMessage(8, LogLevel.Information, "{Silo} drains")]
    public static partial void Draining(ILogger logger, SiloAddress silo);

    [LoggerMessage(9, LogLevel.Warning, "The directory of vectors does not answer: {Reason}")]
    public static partial void DirectorySilent(ILogger logger, string reason);

    [LoggerMessage(10, LogLevel.Warning, "Store {Store} is new to the directory of vectors; {Shards} shards of it are taken up")]
    public static partial void StoreAdopted(ILogger logger, string store, int shards);

    [LoggerMessage(11, LogLevel.Warning, "Store {Store} has shard {Shard} of index {Index}, which belongs to no namespace that is known; it is not used")]
    public static partial void ShardUnknown(ILogger logger, string store, string shard, string index);

    [LoggerMessage(12, LogLevel.Error, "The directory of vectors cannot write its state")]
    public static partial void DirectoryUnwritten(ILogger logger, Exception exception);

    [LoggerMessage(13, LogLevel.Error, "The catalogue cannot be written")]
    public static partial void CatalogueUnwritten(ILogger logger, Exception exception);

    [LoggerMessage(14, LogLevel.Information, "{Silo} is a member, and decides for the cluster where it is to")]
    public static partial void LeaseHeld(ILogger logger, SiloAddress silo);

    [LoggerMessage(15, LogLevel.Warning, "{Silo} was not told for {Elapsed} that it is a member, and decides nothing for the cluster until it is")]
    public static partial void LeaseLost(ILogger logger, SiloAddress silo, TimeSpan elapsed);

    [LoggerMessage(16, LogLevel.Information, "The registry lives on {Silo}")]
    public static partial void RegistryHere(ILogger logger, SiloAddress silo);

    [LoggerMessage(17, LogLevel.Warning, "Model {Model} is tried in a process of its own before it is placed again: {Reason}")]
    public static partial void Suspect(ILogger logger, string model, string reason);

    [LoggerMessage(18, LogLevel.Error, "Version {Digest} is quarantined: {Reason}")]
    public static partial void Quarantined(ILogger logger, string digest, string reason);
}
