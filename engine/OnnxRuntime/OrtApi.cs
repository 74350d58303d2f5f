using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Places of functions in the C API's table (struct OrtApi of onnxruntime_c_api.h), which only ever grows at its end.</summary>
internal enum OrtFunction
{
    GetErrorCode = 1,
    GetErrorMessage = 2,
    CreateEnvWithCustomLogger = 4,
    CreateSession = 7,
    CreateSessionFromArray = 8,
    Run = 9,
    CreateSessionOptions = 10,
    SetOptimizedModelFilePath = 11,
    EnableProfiling = 14,
    DisableMemPattern = 17,
    DisableCpuMemArena = 19,
    SetSessionGraphOptimizationLevel = 23,
    SetIntraOpNumThreads = 24,
    SetInterOpNumThreads = 25,
    SessionGetInputCount = 30,
    SessionGetOutputCount = 31,
    SessionGetInputTypeInfo = 33,
    SessionGetOutputTypeInfo = 34,
    SessionGetInputName = 36,
    SessionGetOutputName = 37,
    CreateRunOptions = 39,
    RunOptionsSetTerminate = 46,
    CreateTensorAsOrtValue = 48,
    CreateTensorWithDataAsOrtValue = 49,
    GetTensorMutableData = 51,
    CastTypeInfoToTensorInfo = 55,
    GetTensorElementType = 60,
    GetDimensionsCount = 61,
    GetDimensions = 62,
    GetSymbolicDimensions = 63,
    GetTensorShapeElementCount = 64,
    GetTensorTypeAndShape = 65,
    CreateCpuMemoryInfo = 69,
    AllocatorFree = 76,
    GetAllocatorWithDefaultOptions = 78,
    ReleaseEnv = 92,
    ReleaseStatus = 93,
    ReleaseMemoryInfo = 94,
    ReleaseSession = 95,
    ReleaseValue = 96,
    ReleaseRunOptions = 97,
    ReleaseTypeInfo = 98,
    ReleaseTensorTypeAndShapeInfo = 99,
    ReleaseSessionOptions = 100,
    SessionEndProfiling = 110,
    SessionGetModelMetadata = 111,
    ModelMetadataGetProducerName = 112,
    ModelMetadataGetGraphName = 113,
    ModelMetadataGetDomain = 114,
    ModelMetadataGetDescription = 115,
    ModelMetadataLookupCustomMetadataMap = 116,
    ModelMetadataGetVersion = 117,
    ReleaseModelMetadata = 118,
    ModelMetadataGetCustomMetadataMapKeys = 123,
    GetAvailableProviders = 125,
    ReleaseAvailableProviders = 126,
    GetStringTensorElementLength = 127,
    GetStringTensorElement = 128,
    FillStringTensorElement = 129,
    AddSessionConfigEntry = 130,
    AppendTensorRt = 170,
    CreateTensorRtOptions = 171,
    UpdateTensorRtOptions = 172,
    ReleaseTensorRtOptions = 174,
    AppendCuda = 204,
    CreateCudaOptions = 205,
    UpdateCudaOptions = 206,
    ReleaseCudaOptions = 208,
    AppendExecutionProvider = 216,
}

/// <summary>The loaded library: its table of functions and what every call needs of it.</summary>
internal sealed unsafe class OrtApi
{
    // The version in which the last function above came (1.12); any newer library serves it.
    private const uint ApiVersion = 12;

    private readonly nint* _table;

    private OrtApi(nint* table, string version)
    {
        _table = table;
        Version = version;
        nint allocator, memory;
        Check(((delegate* unmanaged<nint*, nint>)this[OrtFunction.GetAllocatorWithDefaultOptions])(&allocator));
        // OrtArenaAllocator = 1, OrtMemTypeDefault = 0: memory of the processor. Lives as long as the process.
        Check(((delegate* unmanaged<int, int, nint*, nint>)this[OrtFunction.CreateCpuMemoryInfo])(1, 0, &memory));
        Allocator = allocator;
        CpuMemory = memory;
    }

    public string Version { get; }

    /// <summary>The default allocator: what it gave (names) it must be given back.</summary>
    public nint Allocator { get; }

    public nint CpuMemory { get; }

    public void* this[OrtFunction function] => (void*)_table[(int)function];

    /// <summary>Loads the library.</summary>
    /// <exception cref="OrtException">It is missing or too old; the message names the file.</exception>
    public static OrtApi Load()
    {
        var library = NativeLibraries.OnnxRuntime(out var path);
        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var getBase))
            throw new OrtException($"{path} is not ONNX Runtime: it does not export OrtGetApiBase");
        var apiBase = ((delegate* unmanaged<nint*>)getBase)();
        var version = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<byte*>)apiBase[1])()) ?? "";
        var table = ((delegate* unmanaged<uint, nint*>)apiBase[0])(ApiVersion);
        return table is not null
            ? new OrtApi(table, version)
            : throw new OrtException($"{path} is ONNX Runtime {version}; 1.{ApiVersion} or newer is needed");
    }

    /// <summary>Turns a status into an exception and frees it.</summary>
    public void Check(nint status)
    {
        if (status != 0)
            Throw(status);
    }

    /// <summary>Copies a name that ONNX Runtime allocated, and frees it.</summary>
    public string TakeString(byte* text)
    {
        var copy = Marshal.PtrToStringUTF8((nint)text) ?? "";
        Check(((delegate* unmanaged<nint, void*, nint>)this[OrtFunction.AllocatorFree])(Allocator, text));
        return copy;
    }

    /// <summary>Calls one of the Release functions.</summary>
    public void Release(OrtFunction function, nint handle) => ((delegate* unmanaged<nint, void>)this[function])(handle);

    private void Throw(nint status)
    {
        var code = (OrtErrorCode)((delegate* unmanaged<nint, int>)this[OrtFunction.GetErrorCode])(status);
        var message = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged<nint, byte*>)this[OrtFunction.GetErrorMessage])(status)) ?? "";
        Release(OrtFunction.ReleaseStatus, status);
        throw new OrtException(code, message);
    }
}
