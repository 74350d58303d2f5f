using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>What went wrong, by the numbers of <c>OrtErrorCode</c> in ONNX Runtime's C API.</summary>
public enum OrtErrorCode
{
    /// <summary>Ours: no usable ONNX Runtime library was found.</summary>
    LibraryUnavailable = -1,
    /// <summary>No error.</summary>
    Ok = 0,
    /// <summary>A failure of no closer kind; a run ended by <see cref="RunOptions.Terminate"/> reports it too.</summary>
    Fail = 1,
    /// <summary>A name, type, shape or option that the model or the library does not take.</summary>
    InvalidArgument = 2,
    /// <summary>The model's file does not exist.</summary>
    NoSuchFile = 3,
    /// <summary>No model was loaded.</summary>
    NoModel = 4,
    /// <summary>An execution engine failed.</summary>
    EngineError = 5,
    /// <summary>An exception inside ONNX Runtime, such as a lack of memory.</summary>
    RuntimeException = 6,
    /// <summary>The file is not an ONNX model, or is cut short.</summary>
    InvalidProtobuf = 7,
    /// <summary>A model is loaded already.</summary>
    ModelLoaded = 8,
    /// <summary>An operator or a type that this build does not implement.</summary>
    NotImplemented = 9,
    /// <summary>The model is readable but not a valid graph.</summary>
    InvalidGraph = 10,
    /// <summary>An execution provider failed.</summary>
    ExecutionProviderFailed = 11,
    /// <summary>Loading the model was cancelled.</summary>
    ModelLoadCanceled = 12,
}

/// <summary>An error that ONNX Runtime reported, with its own message.</summary>
public sealed class OrtException : Exception
{
    private const string CodePrefix = "[ErrorCode:";

    /// <summary>An error of the given code and message.</summary>
    public OrtException(OrtErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>What kind of error it is.</summary>
    public OrtErrorCode Code { get; }

    /// <summary>Whether it was for a lack of memory: the arena's limit, or the machine's. ONNX Runtime has no code for it, and says so in words.</summary>
    public bool IsOutOfMemory => Code is OrtErrorCode.Fail or OrtErrorCode.RuntimeException
        && (Message.Contains("Available memory of", StringComparison.Ordinal) || Message.Contains("Failed to allocate memory", StringComparison.Ordinal)
            || Message.Contains("bad_alloc", StringComparison.Ordinal));

    /// <summary>
    /// Whether the managed package reports with this exception what went wrong in the library. It has names for the codes up to
    /// 12, and fails to make its own exception for those above.
    /// </summary>
    internal static bool IsNative(Exception error) => error is OnnxRuntimeException or KeyNotFoundException;

    /// <summary>What the package reported. It tells the code in the message alone, by an older enumeration's name: <c>[ErrorCode:Name] message</c>.</summary>
    /// <param name="error">An exception for which <see cref="IsNative"/> holds.</param>
    /// <param name="doing">What was attempted.</param>
    internal static OrtException From(Exception error, string doing)
    {
        if (error is KeyNotFoundException)
            return new OrtException(OrtErrorCode.Fail, $"{doing}: ONNX Runtime refused, by an error that its package has no name for", error);
        string message = error.Message;
        int end = message.StartsWith(CodePrefix, StringComparison.Ordinal) ? message.IndexOf(']', StringComparison.Ordinal) : -1;
        var code = end < 0 ? OrtErrorCode.Fail : message[CodePrefix.Length..end] switch
        {
            "ShapeInferenceNotRegistered" => OrtErrorCode.ExecutionProviderFailed,
            "RequirementNotRegistered" => OrtErrorCode.ModelLoadCanceled,
            var name => Enum.TryParse<OrtErrorCode>(name, out var known) ? known : OrtErrorCode.Fail,
        };
        return new OrtException(code, $"{doing}: {message[(end + 1)..].Trim()} ({code})", error);
    }
}
