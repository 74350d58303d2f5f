using System.Diagnostics;
using Orrery.FixtureEncoders;

namespace Orrery.Bench;

/// <summary>Where things are in the repository, and the programs and models that measurements need.</summary>
internal static class Places
{
    public static string Root { get; } = FindRoot();

    public static string Shared { get; } = Environment.GetEnvironmentVariable("ORRERY_SHARED") ?? Path.Combine(Root, "..", "shared");

    /// <summary>A real encoder by its name, or one of random weights in a true shape; laid out at first use, outside version control.</summary>
    public static string Model(string kind)
    {
        if (Array.Find([PackagedEncoder.MiniLm, PackagedEncoder.ArcticXs], one => one.Name == kind) is { } real)
            return real.LayOut(Root);
        var directory = Path.Combine(Root, ".cache", "bench", kind);
        if (File.Exists(Path.Combine(directory, "onnx", "model.onnx")))
            return directory;
        Console.WriteLine($"generating {kind} from a seed …");
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        Run(Root, python, "samples/generate/encoders.py", "--kind", kind, "--out", directory, "--shared", Shared);
        return directory;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static string Run(string folder, string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Result}");
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cluster.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("run it from within the repository");
        return folder;
    }
}
