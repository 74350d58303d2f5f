using Microsoft.Extensions.Logging;

namespace Orrery.Engine.Vectors.Pinecone;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "{Host} is tried again, try {Number} after {Wait}: {Cause}")]
    public static partial void TriedAgain(ILogger logger, string host, int number, TimeSpan wait, string cause);

    [LoggerMessage(2, LogLevel.Warning, "{Host} is left alone for {Wait}: {Cause}")]
    public static partial void LeftAlone(ILogger logger, string host, TimeSpan wait, string cause);

    [LoggerMessage(3, LogLevel.Information, "{Host} answers again")]
    public static partial void AnswersAgain(ILogger logger, string host);

    [LoggerMessage(4, LogLevel.Information, "Index {Index} is at {Host}")]
    public static partial void Located(ILogger logger, string index, string host);

    [LoggerMessage(5, LogLevel.Warning, "Index {Index}, namespace '{Namespace}': what is remembered of its model cannot be written")]
    public static partial void NotSaved(ILogger logger, Exception exception, string index, string @namespace);
}
