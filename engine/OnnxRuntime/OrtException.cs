using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>What went wrong, by the numbers of <c>OrtErrorCode</c> in ONNX Runtime's C API.</summary>
public enum OrtErrorCode
{
    /// <summary>Ours: no usable ONNX Runtime library was found.</summary>
    LibraryUnavailable = -1,
    /// <summary>No error.</summary>
    Ok = 0,
    /// <summary>A failure of no closer kind; a run ended by <see cref="OrtRunOptions.Terminate"/> reports it too.</summary>
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
    /// <summary>The model must be compiled first.</summary>
    ModelRequiresCompilation = 13,
    /// <summary>The thing asked for was not found.</summary>
    NotFound = 14,
}

/// <summary>An error that ONNX Runtime reported, with its own message.</summary>
public sealed class OrtException : Exception
{
    /// <summary>An error of the given code and message.</summary>
    public OrtException(OrtErrorCode code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    /// <summary>What kind of error it is.</summary>
    public OrtErrorCode Code { get; }

    /// <summary>Throws what <paramref name="status"/> tells and releases it; does nothing for zero, which is success.</summary>
    internal static unsafe void ThrowIfError(OrtApi* api, nint status, string? doing = null)
    {
        if (status != 0)
            throw FromStatus(api, status, doing);
    }

    /// <summary>Reads and releases an error status. <paramref name="doing"/> says what was attempted.</summary>
    internal static unsafe OrtException FromStatus(OrtApi* api, nint status, string? doing = null)
    {
        var code = (OrtErrorCode)api->GetErrorCode(status);
        string message = Marshal.PtrToStringUTF8((nint)api->GetErrorMessage(status))?.Trim() ?? "";
        api->ReleaseStatus(status);
        return new OrtException(code, doing is null ? $"ONNX Runtime: {message} ({code})" : $"{doing}: {message} ({code})");
    }
}
