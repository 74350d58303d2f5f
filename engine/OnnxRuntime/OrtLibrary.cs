using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// The ONNX Runtime library of this process: found, loaded once and never unloaded (its thread pools may outlive any
/// moment at which unloading would be safe). Looked for in the file that the environment variable
/// <c>ORRERY_ONNXRUNTIME</c> names (then nowhere else), beside the program, and in <c>runtimes/&lt;rid&gt;/native</c>.
/// </summary>
internal sealed unsafe class OrtLibrary
{
    internal const string EnvironmentVariable = "ORRERY_ONNXRUNTIME";

    // A failure is not kept: the next use looks again.
    private static readonly Lazy<OrtLibrary> Loaded = new(
        () => Load(Candidates(Environment.GetEnvironmentVariable(EnvironmentVariable), AppContext.BaseDirectory)),
        LazyThreadSafetyMode.PublicationOnly);

    private OrtLibrary(string path, string version, OrtApi* api, bool has124)
    {
        Path = path;
        Version = version;
        Api = api;
        Has124 = has124;
        nint value;
        OrtException.ThrowIfError(api, api->GetAllocatorWithDefaultOptions(&value));
        DefaultAllocator = value;
        OrtException.ThrowIfError(api, api->CreateCpuMemoryInfo(0 /* device allocator */, 0 /* default memory */, &value));
        CpuMemory = value;
    }

    /// <summary>The library, loaded at first use.</summary>
    /// <exception cref="OrtException">None was found, or it is too old; the message names the files tried.</exception>
    internal static OrtLibrary Instance => Loaded.Value;

    internal string Path { get; }
    internal string Version { get; }
    internal OrtApi* Api { get; }

    /// <summary>Whether the functions of ONNX Runtime 1.24 are there.</summary>
    internal bool Has124 { get; }

    /// <summary>The library's own allocator, in which it returns strings; not to be released.</summary>
    internal nint DefaultAllocator { get; }

    /// <summary>Describes ordinary memory; lives as long as the process.</summary>
    internal nint CpuMemory { get; }

    /// <summary>Copies a string that the library allocated, and frees it.</summary>
    internal string TakeString(byte* text)
    {
        string result = Marshal.PtrToStringUTF8((nint)text) ?? "";
        Free(text);
        return result;
    }

    internal void Free(void* memory) => OrtException.ThrowIfError(Api, Api->AllocatorFree(DefaultAllocator, memory));

    /// <summary>The files to try, in order, for a variable's value and a program's folder.</summary>
    internal static IReadOnlyList<string> Candidates(string? variable, string programFolder)
    {
        if (!string.IsNullOrEmpty(variable))
            return [variable];
        string[] names = OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
            : OperatingSystem.IsMacOS() ? ["libonnxruntime.1.dylib", "libonnxruntime.dylib"]
            : ["libonnxruntime.so.1", "libonnxruntime.so"];
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string rid = $"{system}-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64")}";
        string[] folders = [programFolder, System.IO.Path.Combine(programFolder, "runtimes", rid, "native")];
        return [.. folders.SelectMany(folder => names.Select(name => System.IO.Path.Combine(folder, name)))];
    }

    /// <summary>Loads the first file that exists.</summary>
    internal static OrtLibrary Load(IReadOnlyList<string> candidates)
    {
        if (sizeof(nint) != 8)
            throw Unavailable("ONNX Runtime needs a 64-bit process.");
        string path = candidates.FirstOrDefault(File.Exists)
            ?? throw Unavailable($"No ONNX Runtime library was found. Tried: {string.Join(", ", candidates)}. "
                + $"Set {EnvironmentVariable} to the library's file.");
        nint library;
        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw Unavailable($"The ONNX Runtime library {path} cannot be loaded: {error.Message} "
                + $"Set {EnvironmentVariable} to another file.", error);
        }
        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint export))
            throw Unavailable($"{path} is not ONNX Runtime: it does not export OrtGetApiBase. Set {EnvironmentVariable} to another file.");

        // struct OrtApiBase { const OrtApi* (*GetApi)(uint32_t version); const char* (*GetVersionString)(); }
        var apiBase = ((delegate* unmanaged<nint*>)export)();
        var getApi = (delegate* unmanaged<uint, OrtApi*>)apiBase[0];
        string version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)apiBase[1])()) ?? "";
        // The version is looked at first because GetApi writes to standard error when it has not the table asked for.
        _ = System.Version.TryParse(version.Split('-', '+')[0], out var parsed);
        OrtApi* Table(uint minor) => parsed >= new Version(1, (int)minor) ? getApi(minor) : null;
        OrtApi* api = Table(OrtApi.RequiredVersion);
        if (api is null)
            throw Unavailable($"The ONNX Runtime library {path} is version {version}; 1.{OrtApi.RequiredVersion} or later is needed. "
                + $"Set {EnvironmentVariable} to another file.");
        OrtApi* newer = Table(OrtApi.OptionalVersion);
        return new OrtLibrary(path, version, newer is null ? api : newer, newer is not null);
    }

    private static OrtException Unavailable(string message, Exception? inner = null) =>
        new(OrtErrorCode.LibraryUnavailable, message, inner);
}
