using System.Diagnostics;
using Orrery.Bench.Shapes;
using Orrery.FixtureEncoders;

namespace Orrery.Bench;

/// <summary>Where things are in the repository, and the programs and models that measurements need.</summary>
internal static class Places
{
    /// <summary>The repository, or what bench/gpu/pack made of it.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>What starts the program.</summary>
    public static string Orrery { get; } = Path.Combine(Root, "orrery");

    public static string Shared { get; } = Environment.GetEnvironmentVariable("ORRERY_SHARED") ?? Path.Combine(Root, "..", "shared");

    /// <summary>Where servers under measurement keep graphs and plans: empty at first, for a plan that was measured on a busy machine would be taken.</summary>
    public static string Cache { get; } = EmptyFolder(Path.Combine(Root, ".cache", "bench", "engine"));

    /// <summary>A real encoder by its name, or one of random weights in a true shape; made at first use, outside version control.</summary>
    public static string Model(string kind)
    {
        if (Array.Find([PackagedEncoder.MiniLm, PackagedEncoder.ArcticXs], one => one.Name == kind) is { } real)
            return real.LayOut(Root);
        if (kind != "distilroberta")
            throw new ArgumentException($"there is no encoder '{kind}': {PackagedEncoder.MiniLm.Name}, {PackagedEncoder.ArcticXs.Name}, distilroberta");
        var directory = Path.Combine(Root, ".cache", "bench", kind);
        if (File.Exists(Path.Combine(directory, "onnx", "model.onnx")))
            return directory;
        Console.WriteLine($"making {kind} from a seed …");
        DistilRoberta.Write(directory, Path.Combine(Shared, "models", "tokenizers", "gpt2", "tokenizer.json"));
        return directory;
    }

    private static string EmptyFolder(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        return Directory.CreateDirectory(folder).FullName;
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
