using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// The head of ONNX Runtime's function table, as <c>struct OrtApi</c> in its public <c>onnxruntime_c_api.h</c> lays it
/// out: one pointer a function, in an order that is only ever appended to. Each offset is the function's index in that
/// table times the size of a pointer (64-bit processes only). A function that returns <c>nint</c> returns a status:
/// zero, or an error to be passed to <see cref="OrtException.ThrowIfError"/>.
/// </summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct OrtApi
{
    /// <summary>The table of ONNX Runtime 1.15: the oldest whose string tensors can be filled without a terminating zero.</summary>
    internal const uint RequiredVersion = 15;

    /// <summary>The table of ONNX Runtime 1.24, which tells which provider runs which node, and shapes without a copy; optional.</summary>
    internal const uint OptionalVersion = 24;

    // Status
    [FieldOffset(8 * 1)] internal delegate* unmanaged<nint, int> GetErrorCode;
    [FieldOffset(8 * 2)] internal delegate* unmanaged<nint, byte*> GetErrorMessage;
    [FieldOffset(8 * 93)] internal delegate* unmanaged<nint, void> ReleaseStatus;

    // Environment
    [FieldOffset(8 * 3)] internal delegate* unmanaged<int, byte*, nint*, nint> CreateEnv;
    [FieldOffset(8 * 4)] internal delegate* unmanaged<delegate* unmanaged<nint, int, byte*, byte*, byte*, byte*, void>, nint, int, byte*, nint*, nint> CreateEnvWithCustomLogger;
    [FieldOffset(8 * 6)] internal delegate* unmanaged<nint, nint> DisableTelemetryEvents;
    [FieldOffset(8 * 92)] internal delegate* unmanaged<nint, void> ReleaseEnv;
    [FieldOffset(8 * 125)] internal delegate* unmanaged<byte***, int*, nint> GetAvailableProviders;
    [FieldOffset(8 * 126)] internal delegate* unmanaged<byte**, int, nint> ReleaseAvailableProviders;

    // Session options
    [FieldOffset(8 * 10)] internal delegate* unmanaged<nint*, nint> CreateSessionOptions;
    [FieldOffset(8 * 11)] internal delegate* unmanaged<nint, void*, nint> SetOptimizedModelFilePath;
    [FieldOffset(8 * 13)] internal delegate* unmanaged<nint, int, nint> SetSessionExecutionMode;
    [FieldOffset(8 * 14)] internal delegate* unmanaged<nint, void*, nint> EnableProfiling;
    [FieldOffset(8 * 16)] internal delegate* unmanaged<nint, nint> EnableMemPattern;
    [FieldOffset(8 * 17)] internal delegate* unmanaged<nint, nint> DisableMemPattern;
    [FieldOffset(8 * 18)] internal delegate* unmanaged<nint, nint> EnableCpuMemArena;
    [FieldOffset(8 * 19)] internal delegate* unmanaged<nint, nint> DisableCpuMemArena;
    [FieldOffset(8 * 23)] internal delegate* unmanaged<nint, int, nint> SetSessionGraphOptimizationLevel;
    [FieldOffset(8 * 24)] internal delegate* unmanaged<nint, int, nint> SetIntraOpNumThreads;
    [FieldOffset(8 * 25)] internal delegate* unmanaged<nint, int, nint> SetInterOpNumThreads;
    [FieldOffset(8 * 100)] internal delegate* unmanaged<nint, void> ReleaseSessionOptions;
    [FieldOffset(8 * 130)] internal delegate* unmanaged<nint, byte*, byte*, nint> AddSessionConfigEntry;

    // Execution providers
    [FieldOffset(8 * 170)] internal delegate* unmanaged<nint, nint, nint> AppendTensorRT;
    [FieldOffset(8 * 171)] internal delegate* unmanaged<nint*, nint> CreateTensorRTOptions;
    [FieldOffset(8 * 172)] internal delegate* unmanaged<nint, byte**, byte**, nuint, nint> UpdateTensorRTOptions;
    [FieldOffset(8 * 174)] internal delegate* unmanaged<nint, void> ReleaseTensorRTOptions;
    [FieldOffset(8 * 204)] internal delegate* unmanaged<nint, nint, nint> AppendCuda;
    [FieldOffset(8 * 205)] internal delegate* unmanaged<nint*, nint> CreateCudaOptions;
    [FieldOffset(8 * 206)] internal delegate* unmanaged<nint, byte**, byte**, nuint, nint> UpdateCudaOptions;
    [FieldOffset(8 * 208)] internal delegate* unmanaged<nint, void> ReleaseCudaOptions;
    [FieldOffset(8 * 216)] internal delegate* unmanaged<nint, byte*, byte**, byte**, nuint, nint> AppendProvider;

    // Session
    [FieldOffset(8 * 7)] internal delegate* unmanaged<nint, void*, nint, nint*, nint> CreateSession;
    [FieldOffset(8 * 8)] internal delegate* unmanaged<nint, void*, nuint, nint, nint*, nint> CreateSessionFromArray;
    [FieldOffset(8 * 9)] internal delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> Run;
    [FieldOffset(8 * 30)] internal delegate* unmanaged<nint, nuint*, nint> SessionGetInputCount;
    [FieldOffset(8 * 31)] internal delegate* unmanaged<nint, nuint*, nint> SessionGetOutputCount;
    [FieldOffset(8 * 33)] internal delegate* unmanaged<nint, nuint, nint*, nint> SessionGetInputTypeInfo;
    [FieldOffset(8 * 34)] internal delegate* unmanaged<nint, nuint, nint*, nint> SessionGetOutputTypeInfo;
    [FieldOffset(8 * 36)] internal delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetInputName;
    [FieldOffset(8 * 37)] internal delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetOutputName;
    [FieldOffset(8 * 95)] internal delegate* unmanaged<nint, void> ReleaseSession;
    [FieldOffset(8 * 110)] internal delegate* unmanaged<nint, nint, byte**, nint> SessionEndProfiling;

    // Model metadata
    [FieldOffset(8 * 111)] internal delegate* unmanaged<nint, nint*, nint> SessionGetModelMetadata;
    [FieldOffset(8 * 112)] internal delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetProducerName;
    [FieldOffset(8 * 113)] internal delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetGraphName;
    [FieldOffset(8 * 114)] internal delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetDomain;
    [FieldOffset(8 * 115)] internal delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetDescription;
    [FieldOffset(8 * 116)] internal delegate* unmanaged<nint, nint, byte*, byte**, nint> ModelMetadataLookupCustomMetadataMap;
    [FieldOffset(8 * 117)] internal delegate* unmanaged<nint, long*, nint> ModelMetadataGetVersion;
    [FieldOffset(8 * 118)] internal delegate* unmanaged<nint, void> ReleaseModelMetadata;
    [FieldOffset(8 * 123)] internal delegate* unmanaged<nint, nint, byte***, long*, nint> ModelMetadataGetCustomMetadataMapKeys;

    // Run options
    [FieldOffset(8 * 39)] internal delegate* unmanaged<nint*, nint> CreateRunOptions;
    [FieldOffset(8 * 46)] internal delegate* unmanaged<nint, nint> RunOptionsSetTerminate;
    [FieldOffset(8 * 47)] internal delegate* unmanaged<nint, nint> RunOptionsUnsetTerminate;
    [FieldOffset(8 * 97)] internal delegate* unmanaged<nint, void> ReleaseRunOptions;
    [FieldOffset(8 * 165)] internal delegate* unmanaged<nint, byte*, byte*, nint> AddRunConfigEntry;

    // Values
    [FieldOffset(8 * 48)] internal delegate* unmanaged<nint, long*, nuint, int, nint*, nint> CreateTensor;
    [FieldOffset(8 * 49)] internal delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithData;
    [FieldOffset(8 * 50)] internal delegate* unmanaged<nint, int*, nint> IsTensor;
    [FieldOffset(8 * 51)] internal delegate* unmanaged<nint, void**, nint> GetTensorMutableData;
    [FieldOffset(8 * 53)] internal delegate* unmanaged<nint, nuint*, nint> GetStringTensorDataLength;
    [FieldOffset(8 * 54)] internal delegate* unmanaged<nint, void*, nuint, nuint*, nuint, nint> GetStringTensorContent;
    [FieldOffset(8 * 65)] internal delegate* unmanaged<nint, nint*, nint> GetTensorTypeAndShape;
    [FieldOffset(8 * 96)] internal delegate* unmanaged<nint, void> ReleaseValue;
    [FieldOffset(8 * 252)] internal delegate* unmanaged<nint, nuint, nuint, byte**, nint> GetResizedStringTensorElementBuffer;

    // Types
    [FieldOffset(8 * 55)] internal delegate* unmanaged<nint, nint*, nint> CastTypeInfoToTensorInfo;
    [FieldOffset(8 * 60)] internal delegate* unmanaged<nint, int*, nint> GetTensorElementType;
    [FieldOffset(8 * 61)] internal delegate* unmanaged<nint, nuint*, nint> GetDimensionsCount;
    [FieldOffset(8 * 62)] internal delegate* unmanaged<nint, long*, nuint, nint> GetDimensions;
    [FieldOffset(8 * 63)] internal delegate* unmanaged<nint, byte**, nuint, nint> GetSymbolicDimensions;
    [FieldOffset(8 * 98)] internal delegate* unmanaged<nint, void> ReleaseTypeInfo;
    [FieldOffset(8 * 99)] internal delegate* unmanaged<nint, void> ReleaseTensorTypeAndShapeInfo;

    // Memory
    [FieldOffset(8 * 69)] internal delegate* unmanaged<int, int, nint*, nint> CreateCpuMemoryInfo;
    [FieldOffset(8 * 76)] internal delegate* unmanaged<nint, void*, nint> AllocatorFree;
    [FieldOffset(8 * 131)] internal delegate* unmanaged<nint, nint, nint*, nint> CreateAllocator;
    [FieldOffset(8 * 132)] internal delegate* unmanaged<nint, void> ReleaseAllocator;
    [FieldOffset(8 * 78)] internal delegate* unmanaged<nint*, nint> GetAllocatorWithDefaultOptions;

    // Since 1.23 or 1.24: only to be called when the library answers to OptionalVersion.
    [FieldOffset(8 * 298)] internal delegate* unmanaged<nint, byte***, byte***, nuint*, void> GetKeyValuePairs;
    [FieldOffset(8 * 300)] internal delegate* unmanaged<nint, void> ReleaseKeyValuePairs;
    [FieldOffset(8 * 319)] internal delegate* unmanaged<nint, nint*, nint> AllocatorGetStats;
    [FieldOffset(8 * 407)] internal delegate* unmanaged<nint, nint**, nuint*, nint> SessionGetEpGraphAssignment;
    [FieldOffset(8 * 408)] internal delegate* unmanaged<nint, byte**, nint> AssignedSubgraphGetEpName;
    [FieldOffset(8 * 409)] internal delegate* unmanaged<nint, nint**, nuint*, nint> AssignedSubgraphGetNodes;
    [FieldOffset(8 * 414)] internal delegate* unmanaged<nint, int*, long**, nuint*, nint> GetTypeAndShapeReference;
}
