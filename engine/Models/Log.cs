using Microsoft.Extensions.Logging;

namespace Orrery.Engine.Models;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Loading model {Model} from {Path}")]
    public static partial void Loading(ILogger logger, string model, string path);

    [LoggerMessage(2, LogLevel.Information, "Model {Model} ({Digest}) is ready on {Device}: {Sessions} sessions of {Threads} threads, batches of {Tokens} tokens")]
    public static partial void Loaded(ILogger logger, string model, string digest, string device, int sessions, int threads, int tokens);

    [LoggerMessage(3, LogLevel.Error, "Model {Model} is refused: {Reason}")]
    public static partial void Refused(ILogger logger, string model, string reason);

    [LoggerMessage(4, LogLevel.Information, "Model {Model} is unloaded")]
    public static partial void Unloaded(ILogger logger, string model);

    [LoggerMessage(EventId = 5, Message = "ONNX Runtime: {Message}")]
    public static partial void OnnxRuntime(ILogger logger, LogLevel level, string message);

    [LoggerMessage(6, LogLevel.Warning, "Execution provider {Provider} cannot be used, {Used} runs instead: {Reason}")]
    public static partial void ProviderSkipped(ILogger logger, string provider, string used, string reason);

    [LoggerMessage(7, LogLevel.Error, "Detector {Detector} is refused: {Reason}")]
    public static partial void DetectorRefused(ILogger logger, string detector, string reason);

    [LoggerMessage(8, LogLevel.Warning, "Model {Model} is run one text at a time, because its graph takes no two: {Reason}")]
    public static partial void OneByOne(ILogger logger, string model, string reason);

    [LoggerMessage(10, LogLevel.Warning, "Model {Model} is run with texts of one length together, because its graph takes padding for text: {Reason}")]
    public static partial void Unpadded(ILogger logger, string model, string reason);

    [LoggerMessage(9, LogLevel.Error, "Model {Model} is refused: loading it failed in a way that nobody expected")]
    public static partial void Unexpected(ILogger logger, Exception exception, string model);
}
