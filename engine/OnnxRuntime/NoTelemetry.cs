using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// A user's machine is never told on. As soon as it is loaded, ONNX Runtime writes a device's id and a database of events
/// under <c>~/.cache</c> and sends them, unless the C environment of the process forbids it. .NET keeps an environment of
/// its own, which C does not see, so C's is set here: before any code of the engine runs, and so before any library that
/// it may load.
/// </summary>
internal static partial class NoTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Whichever way a process comes to ONNX Runtime, it comes through this module.")]
    internal static void Forbid()
    {
        // For processes that this one starts, and for Windows, where C and .NET share one environment.
        Environment.SetEnvironmentVariable(Variable, "1");
        if (!OperatingSystem.IsWindows() && SetInC(Variable, "1", 1) != 0)
            throw new InvalidOperationException($"{Variable} cannot be set: errno {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetInC(string name, string value, int overwrite);
}
