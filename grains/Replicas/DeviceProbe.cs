using System.Globalization;
using System.Text.RegularExpressions;
using Orrery.Engine;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Replicas;

/// <summary>What a silo's machine really has.</summary>
/// <param name="Name">The processor's or the accelerator's name.</param>
/// <param name="Memory">Bytes that models may take.</param>
/// <param name="Cores">Processors the process may use.</param>
public sealed partial record DeviceProbe(string Name, long Memory, int Cores)
{
    // Of an accelerator's memory: the rest is for its libraries.
    private const double Share = 0.8;

    /// <summary>Looks.</summary>
    /// <param name="role">What the silo is said to be; its memory counts instead of the machine's where it is set.</param>
    /// <returns>The device; or null and why the machine is not what it is said to be.</returns>
    public static (DeviceProbe? Device, string? Wrong) Look(SiloRole role)
    {
        var cores = Environment.ProcessorCount;
        if (role.Pool == Pools.Cpu)
        {
            var memory = role.Memory > 0 ? role.Memory : MemoryBudget.Of(role.Engine.MemoryLimit).Models;
            return (new DeviceProbe(Processor(), memory, cores), null);
        }

        if (Accelerator() is not { } gpu)
            return (null, "the silo is said to be of the gpu pool, but this machine shows no NVIDIA device (/proc/driver/nvidia/gpus)");
        if (role.Memory == 0 && gpu.Memory == 0)
            return (null, "the accelerator's memory cannot be read here: set Silo:Memory");
        return (new DeviceProbe(gpu.Name, role.Memory > 0 ? role.Memory : (long)(gpu.Memory * Share), cores), null);
    }

    private static string Processor()
    {
        const string path = "/proc/cpuinfo";
        var line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static (string Name, long Memory)? Accelerator()
    {
        const string path = "/proc/driver/nvidia/gpus";
        if (!Directory.Exists(path) || Directory.GetDirectories(path) is not [var first, ..])
            return null;
        var name = Model().Match(File.ReadAllText(Path.Combine(first, "information"))).Groups[1].Value.Trim();
        return (name.Length > 0 ? name : "NVIDIA", VisibleMemory());
    }

    /// <summary>What nvidia-smi tells; 0 where it is not installed.</summary>
    private static long VisibleMemory()
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("nvidia-smi", "--query-gpu=memory.total --format=csv,noheader,nounits") { RedirectStandardOutput = true });
            var line = process!.StandardOutput.ReadLine();
            process.WaitForExit();
            return long.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var mebibytes) ? mebibytes << 20 : 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 0;
        }
    }

    [GeneratedRegex(@"Model:\s*(.+)")]
    private static partial Regex Model();
}
