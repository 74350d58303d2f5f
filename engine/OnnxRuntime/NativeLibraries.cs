using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Finds the native library: <c>ORRERY_ONNXRUNTIME</c>, else beside the program, where the build put it.</summary>
internal static class NativeLibraries
{
    public const string Variable = "ORRERY_ONNXRUNTIME";

    /// <returns>The library's handle.</returns>
    /// <exception cref="OrtException">No file, or one that cannot be loaded; the message names what was tried.</exception>
    public static nint OnnxRuntime(out string path)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            path = named;
            return Load(named, $"{Variable} names {named}");
        }

        var tried = new List<string>();
        foreach (var name in FileNames())
        {
            foreach (var folder in (string[])[AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native")])
            {
                path = Path.Combine(folder, name);
                tried.Add(path);
                if (File.Exists(path))
                    return Load(path, path);
            }
        }

        throw new OrtException($"ONNX Runtime's library was not found; tried {string.Join(", ", tried)}. Set {Variable} to its path");
    }

    private static string[] FileNames() =>
        OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
        : OperatingSystem.IsMacOS() ? ["libonnxruntime.dylib", "libonnxruntime.1.dylib"]
        : ["libonnxruntime.so.1", "libonnxruntime.so"];

    private static nint Load(string path, string what)
    {
        try
        {
            return NativeLibrary.Load(Path.GetFullPath(path));
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new OrtException($"{what}, which cannot be loaded: {e.Message}", e);
        }
    }
}
