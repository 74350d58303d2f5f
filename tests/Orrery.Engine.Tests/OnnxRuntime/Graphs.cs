using Microsoft.ML.OnnxRuntime;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

/// <summary>The graphs that the tests run, and the one environment they share.</summary>
internal static class Graphs
{
    private static readonly string Root = FindRoot();

    internal static OrtEnvironment Environment { get; } = OrtEnvironment.Create();

    internal static string SharedFolder { get; } =
        System.Environment.GetEnvironmentVariable("ORRERY_SHARED") ?? Path.GetFullPath(Path.Combine(Root, "..", "shared"));

    internal static string File(string name) => Path.Combine(Root, "tests", "fixtures", "onnx", name + ".onnx");

    internal static string Source(string path) => Path.Combine(Root, path);

    internal static OrtSession Open(string name, OrtSessionOptions? options = null) =>
        new(Environment, File(name), options ?? new OrtSessionOptions { IntraOpThreads = 1 });

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("Cluster.sln is in no folder above the tests.");
        return folder.FullName;
    }
}

/// <summary>A test of a shared model: skipped, with the reason, where the models are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SharedModelTheoryAttribute : TheoryAttribute
{
    public SharedModelTheoryAttribute(string model)
    {
        string path = Path.Combine(Graphs.SharedFolder, "models", model);
        if (!File.Exists(path))
            Skip = $"There is no {path}; set ORRERY_SHARED to the folder of shared models.";
    }
}

/// <summary>Native memory for a tensor of a test.</summary>
internal sealed unsafe class TestTensor : IDisposable
{
    private readonly NativeBuffer _memory = new();

    private TestTensor(NativeBuffer memory, OrtValue value) => (_memory, Value) = (memory, value);

    internal OrtValue Value { get; }

    internal static TestTensor Of<T>(OrtElementType type, ReadOnlySpan<T> elements, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        var memory = new NativeBuffer((nuint)(elements.Length * sizeof(T)));
        elements.CopyTo(memory.As<T>(elements.Length));
        return new TestTensor(memory, OrtBinding.Over(memory.Address, (nuint)(elements.Length * sizeof(T)), type, shape.ToArray()));
    }

    public void Dispose()
    {
        Value.Dispose();
        _memory.Dispose();
    }
}
