using Microsoft.Extensions.Logging;

namespace Orrery.Engine.Vectors.Outbox;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "The outbox holds {Records} records from before")]
    public static partial void Found(ILogger logger, long records);

    [LoggerMessage(2, LogLevel.Warning, "Index {Index}, namespace '{Namespace}': calls wait in the outbox: {Reason}")]
    public static partial void Waits(ILogger logger, string index, string @namespace, string reason);

    [LoggerMessage(3, LogLevel.Information, "Index {Index}, namespace '{Namespace}': the outbox is delivered")]
    public static partial void Drained(ILogger logger, string index, string @namespace);

    [LoggerMessage(4, LogLevel.Error, "Index {Index}, namespace '{Namespace}': {Method} {Path} of {Records} records is refused and moved aside as dead letter {Sequence}: {Reason}")]
    public static partial void Buried(ILogger logger, string index, string @namespace, string method, string path, int records, long sequence, string reason);

    [LoggerMessage(5, LogLevel.Error, "Index {Index}, namespace '{Namespace}': the outbox cannot go on and tries again")]
    public static partial void Stumbled(ILogger logger, Exception exception, string index, string @namespace);
}
