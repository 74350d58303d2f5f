namespace Orrery.ClientApi;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The registry does not answer: {Reason}")]
    public static partial void RegistrySilent(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Warning, "A gateway is lost; {Calls} calls are sent again")]
    public static partial void GatewayLost(ILogger logger, int calls);

    [LoggerMessage(3, LogLevel.Warning, "The cluster cannot be reached yet: {Reason}")]
    public static partial void ClusterUnreachable(ILogger logger, string reason);

    [LoggerMessage(4, LogLevel.Error, "The cluster is lost: no silo has answered for {Time}. Requests are refused until one does")]
    public static partial void ClusterLost(ILogger logger, TimeSpan time);

    [LoggerMessage(5, LogLevel.Warning, "Silo {Silo} answers nobody; its calls are made again elsewhere")]
    public static partial void SiloSilent(ILogger logger, SiloAddress silo);

    [LoggerMessage(6, LogLevel.Warning, "Silo {Silo} cannot be reached: {Reason}")]
    public static partial void SiloUnreachable(ILogger logger, SiloAddress silo, string reason);
}
