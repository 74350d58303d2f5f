using Microsoft.Extensions.Logging;

namespace Orrery.Engine.Vectors.Embedded;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Index {Index}: {Records} records in {Namespaces} namespaces, proven in {Seconds:F1} s")]
    public static partial void Opened(ILogger logger, string index, long records, int namespaces, double seconds);

    [LoggerMessage(2, LogLevel.Error, "Index {Index} is refused, and its file is left as it is: '{Path}' {Reason}")]
    public static partial void Refused(ILogger logger, string index, string path, string reason);

    [LoggerMessage(3, LogLevel.Error, "Nothing was written to '{Path}': {Reason}")]
    public static partial void WriteFailed(ILogger logger, string path, string reason);

    [LoggerMessage(4, LogLevel.Information, "Index {Index} is deleted")]
    public static partial void Deleted(ILogger logger, string index);

    [LoggerMessage(5, LogLevel.Error, "'{Path}' is not removed: {Reason}")]
    public static partial void DeleteFailed(ILogger logger, string path, string reason);
}
