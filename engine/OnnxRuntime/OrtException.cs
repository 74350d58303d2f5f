namespace Orrery.Engine.OnnxRuntime;

/// <summary>Why ONNX Runtime refused a call (OrtErrorCode).</summary>
public enum OrtErrorCode
{
    /// <summary>No error.</summary>
    Ok,

    /// <summary>The call failed, and nothing more is known.</summary>
    Fail,

    /// <summary>An argument is wrong: a shape or type that does not fit, say.</summary>
    InvalidArgument,

    /// <summary>There is no such file.</summary>
    NoSuchFile,

    /// <summary>There is no model.</summary>
    NoModel,

    /// <summary>The engine failed.</summary>
    EngineError,

    /// <summary>An exception within ONNX Runtime.</summary>
    RuntimeException,

    /// <summary>The file is not a graph: torn, truncated, or something else.</summary>
    InvalidProtobuf,

    /// <summary>The model is loaded already.</summary>
    ModelLoaded,

    /// <summary>An operator or type is not implemented by the provider.</summary>
    NotImplemented,

    /// <summary>The graph is not valid.</summary>
    InvalidGraph,

    /// <summary>An execution provider failed.</summary>
    ExecutionProviderFail,

    /// <summary>Loading was cancelled.</summary>
    ModelLoadCanceled,

    /// <summary>The model must be compiled first.</summary>
    ModelRequiresCompilation,

    /// <summary>Nothing has this name.</summary>
    NotFound,
}

/// <summary>A call to ONNX Runtime failed; the message is ONNX Runtime's own.</summary>
public sealed class OrtException : Exception
{
    /// <summary>With a code and message.</summary>
    public OrtException(OrtErrorCode code, string message)
        : base(message) => Code = code;

    /// <summary>With a message.</summary>
    public OrtException(string message)
        : this(OrtErrorCode.Fail, message)
    {
    }

    /// <summary>With a message and cause.</summary>
    public OrtException(string message, Exception inner)
        : base(message, inner) => Code = OrtErrorCode.Fail;

    /// <summary>Without a message; for serializers.</summary>
    public OrtException()
        : this("ONNX Runtime failed")
    {
    }

    /// <summary>The class of error.</summary>
    public OrtErrorCode Code { get; }
}
