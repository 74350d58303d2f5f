using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// The ONNX Runtime library of this process: found, loaded once and never unloaded (its thread pools may outlive any
/// moment at which unloading would be safe). Looked for in the file or folder that the environment variable
/// <c>ORRERY_ONNXRUNTIME</c> names (then nowhere else), beside the program, and in <c>runtimes/&lt;rid&gt;/native</c>.
/// The managed package gets this one, whatever it would have found itself.
/// </summary>
internal sealed unsafe class OrtLibrary
{
    internal const string EnvironmentVariable = "ORRERY_ONNXRUNTIME";

    /// <summary>The function table that the managed package asks the library for: that of ONNX Runtime 1.31.</summary>
    internal const int ApiVersion = 31;

    private static readonly Assembly Package = typeof(OrtEnv).Assembly;

    // A failure is not kept: the next use looks again.
    private static readonly Lazy<OrtLibrary> Loaded = new(
        () => Load(Candidates(Environment.GetEnvironmentVariable(EnvironmentVariable), AppContext.BaseDirectory)),
        LazyThreadSafetyMode.PublicationOnly);

    private readonly nint _handle;

    static OrtLibrary()
    {
        // The package's own resolver is not registered beside this one: an assembly has one.
        OrtEnv.DisableDllImportResolver = true;
        NativeLibrary.SetDllImportResolver(Package, (name, _, _) => name == "onnxruntime" ? Instance._handle : 0);
    }

    private OrtLibrary(string path, string version, nint handle, nint* functions)
    {
        (Path, Version, _handle) = (path, version, handle);
        Functions = functions;
    }

    /// <summary>The library, loaded at first use.</summary>
    /// <exception cref="OrtException">None was found, or it is too old; the message names the files tried.</exception>
    internal static OrtLibrary Instance => Loaded.Value;

    internal string Path { get; }
    internal string Version { get; }

    /// <summary>Its table of functions, struct OrtApi, which only grows from version to version.</summary>
    internal nint* Functions { get; }

    private static string PackageVersion =>
        Package.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? Package.GetName().Version!.ToString(3);

    /// <summary>The files to try, in order, for a variable's value and a program's folder.</summary>
    internal static IReadOnlyList<string> Candidates(string? variable, string programFolder)
    {
        string[] names = OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
            : OperatingSystem.IsMacOS() ? ["libonnxruntime.dylib", "libonnxruntime.1.dylib"]
            : ["libonnxruntime.so", "libonnxruntime.so.1"];
        if (!string.IsNullOrEmpty(variable))
            return Directory.Exists(variable) ? [.. names.Select(name => System.IO.Path.Combine(variable, name))] : [variable];
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        string rid = $"{system}-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "x64")}";
        string[] folders = [programFolder, System.IO.Path.Combine(programFolder, "runtimes", rid, "native")];
        return [.. folders.SelectMany(folder => names.Select(name => System.IO.Path.Combine(folder, name)))];
    }

    /// <summary>Loads the first file that exists.</summary>
    internal static OrtLibrary Load(IReadOnlyList<string> candidates)
    {
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
        string version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)apiBase[1])()) ?? "";
        // Its own word is taken before the package asks for a table that it has not: that would be written to standard error, and stay refused.
        if (!System.Version.TryParse(version.Split('-', '+')[0], out var parsed) || parsed < new Version(1, ApiVersion))
            throw Unavailable($"The ONNX Runtime library {path} is version {version}; Microsoft.ML.OnnxRuntime {PackageVersion}, with which it is called, "
                + $"needs 1.{ApiVersion} or later. Set {EnvironmentVariable} to another file.");
        return new OrtLibrary(path, version, library, ((delegate* unmanaged<uint, nint*>)apiBase[0])(ApiVersion));
    }

    private static OrtException Unavailable(string message, Exception? inner = null) =>
        new(OrtErrorCode.LibraryUnavailable, message, inner);
}
