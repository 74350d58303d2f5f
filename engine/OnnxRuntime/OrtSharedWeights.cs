using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Orrery.Onnx;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>
/// The matrices of a graph whose weights lie in a file beside it, mapped once for several sessions of it, and what their kernels repack of
/// them, kept once too: ONNX Runtime shares that only of weights which it is given, not of those that it reads. Freed when whoever opened
/// it and all sessions that were made with it are done.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The last of its users frees what it owns.")]
internal sealed unsafe partial class OrtSharedWeights
{
    private const int DontNeed = 4;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly List<(string Name, OrtValue Value)> _weights = [];
    private readonly PrePackedWeightsContainer _packed = new();
    private readonly nint _start;
    private int _users = 1;

    private OrtSharedWeights(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = (nint)start;
    }

    /// <summary>Maps a graph's weights.</summary>
    /// <param name="graph">The graph's path.</param>
    /// <returns>Null when it has none in a file beside it, or in several.</returns>
    /// <exception cref="InvalidDataException">The graph cannot be read, or names what the file of weights does not hold.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static OrtSharedWeights? Open(string graph)
    {
        var outline = OnnxFile.Look(graph).Graph;
        if (outline.ExternalFiles().ToArray() is not [var name])
            return null;
        var weights = new OrtSharedWeights(Path.Combine(Path.GetDirectoryName(graph)!, name));
        try
        {
            foreach (var tensor in outline.Initializer)
                weights.Add(tensor);
        }
        catch
        {
            weights.Release();
            throw;
        }

        return weights;
    }

    /// <summary>Makes a session over them.</summary>
    /// <param name="graph">The graph's path.</param>
    /// <param name="options">Receives the weights.</param>
    public InferenceSession CreateSession(string graph, SessionOptions options)
    {
        foreach (var (name, value) in _weights)
            options.AddInitializer(name, value);
        return new InferenceSession(graph, options, _packed);
    }

    /// <summary>
    /// Gives the mapped pages back to the system once all sessions are made: of a matrix that was repacked nothing is read again. What is read
    /// still, rows of the embedding table, comes back from the file as it is touched.
    /// </summary>
    public void Forget()
    {
        // Elsewhere the same number means another thing.
        if (OperatingSystem.IsLinux())
            _ = Advise(_start, (nuint)_view.Capacity, DontNeed);
    }

    /// <summary>One more user.</summary>
    public OrtSharedWeights Acquire()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    /// <summary>One user less: the last one frees them.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        foreach (var (_, value) in _weights)
            value.Dispose();
        _packed.Dispose();
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private void Add(TensorOutline tensor)
    {
        // Vectors are small, and some kernels that repack one cannot share it.
        if (tensor.DataType != (int)TensorProto.Types.DataType.Float || tensor.Dims.Count < 2 || tensor.ExternalData.Count == 0)
            return;
        var (offset, length) = (Number("offset"), Number("length"));
        // Once it is more than the file holds it grows no further, and so does not overflow.
        var bytes = tensor.Dims.Aggregate((Int128)sizeof(float), (product, size) => product > _view.Capacity ? product : product * size);
        if (offset < 0 || tensor.Dims.Any(size => size < 0) || length != bytes || offset > _view.Capacity - length)
            throw new InvalidDataException($"the weights '{tensor.Name}' are not in the file that the graph names");
        _weights.Add((tensor.Name, OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, [.. tensor.Dims], _start + (nint)offset, length)));

        long Number(string key) => tensor.ExternalData.FirstOrDefault(entry => entry.Key == key) is { } entry && long.TryParse(entry.Value, CultureInfo.InvariantCulture, out var value) ? value : 0;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
