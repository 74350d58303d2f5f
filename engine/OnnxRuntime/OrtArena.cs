using System.Runtime.InteropServices.Marshalling;
using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// The one arena that all sessions of the process take the processor's memory from, and that has a limit: what would go beyond it fails by name,
/// in the run or load that wanted it. The managed package's own class takes a limit of 4 GiB at most, so the library's functions are called
/// here: their places in its table never change (onnxruntime_c_api.h, struct OrtApi).
/// </summary>
internal static unsafe class OrtArena
{
    /// <summary>What a session is told so that it uses it.</summary>
    public const string SessionKey = "session.use_env_allocators";

    private const int GetErrorMessage = 2;
    private const int CreateCpuMemoryInfo = 69;
    private const int ReleaseStatus = 93;
    private const int ReleaseMemoryInfo = 94;
    private const int CreateAndRegisterAllocator = 144;
    private const int ReleaseArenaCfg = 157;
    private const int CreateArenaCfgV2 = 164;

    private const int ArenaAllocator = 1;
    private const int DefaultMemory = 0;

    /// <summary>Makes the arena. Once a process, before its first session.</summary>
    /// <param name="limit">Bytes.</param>
    /// <exception cref="OrtException">The library refuses.</exception>
    public static void Register(long limit)
    {
        var key = Utf8StringMarshaller.ConvertToUnmanaged("max_mem");
        nint config = 0, info = 0;
        try
        {
            var value = (nuint)limit;
            Check(((delegate* unmanaged<byte**, nuint*, nuint, nint*, nint>)Api(CreateArenaCfgV2))(&key, &value, 1, &config));
            info = CpuMemory();
            Check(((delegate* unmanaged<nint, nint, nint, nint>)Api(CreateAndRegisterAllocator))(Environment, info, config));
        }
        finally
        {
            Utf8StringMarshaller.Free(key);
            if (config != 0)
                ((delegate* unmanaged<nint, void>)Api(ReleaseArenaCfg))(config);
            if (info != 0)
                ((delegate* unmanaged<nint, void>)Api(ReleaseMemoryInfo))(info);
        }
    }

    private static nint Environment => OrtEnv.Instance().DangerousGetHandle();

    private static nint CpuMemory()
    {
        nint info = 0;
        Check(((delegate* unmanaged<int, int, nint*, nint>)Api(CreateCpuMemoryInfo))(ArenaAllocator, DefaultMemory, &info));
        return info;
    }

    private static nint Api(int function) => OrtLibrary.Instance.Functions[function];

    private static void Check(nint status)
    {
        if (status == 0)
            return;
        var message = Utf8StringMarshaller.ConvertToManaged(((delegate* unmanaged<nint, byte*>)Api(GetErrorMessage))(status));
        ((delegate* unmanaged<nint, void>)Api(ReleaseStatus))(status);
        throw new OrtException(OrtErrorCode.Fail, $"ONNX Runtime's memory cannot be limited: {message}");
    }
}
