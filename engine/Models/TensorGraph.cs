using System.Collections.Immutable;
using Google.Protobuf;
using Orrery.Engine.OnnxRuntime;
using Orrery.Onnx;

namespace Orrery.Engine.Models;

/// <summary>A graph without a tokenizer: as its file has it, or made ready where it ends in scikit-learn's dictionaries, which are no tensors.</summary>
/// <param name="Model">The graph to be loaded instead of the file; null for the file.</param>
/// <param name="Classes">The classes that the graph names, in the order of scores; empty when it names none.</param>
internal sealed record TensorGraph(byte[]? Model, ImmutableArray<string> Classes)
{
    /// <summary>Looks at a graph, and reads all of it only where it must be changed.</summary>
    /// <exception cref="ModelFormatException">It would have to be changed, but its weights lie in other files.</exception>
    public static TensorGraph Read(ModelFiles files)
    {
        var unchanged = new TensorGraph(null, []);
        // ONNX Runtime's own format is no protobuf message.
        if (files.Graph.EndsWith(".ort", StringComparison.OrdinalIgnoreCase))
            return unchanged;
        try
        {
            var outline = OnnxFile.Look(files.Graph).Graph;
            var classes = SklearnGraph.ClassesOf(outline);
            if (!SklearnGraph.HasZipMap(outline))
                return unchanged with { Classes = classes };
            if (outline.ExternalFiles().Count > 0)
                throw new ModelFormatException($"{Path.GetFileName(files.Graph)} ends in ZipMap and has its weights in other files; export it with the option zipmap=False");
            var model = OnnxFile.Parse(File.ReadAllBytes(files.Graph));
            SklearnGraph.UnzipMaps(model);
            return new TensorGraph(model.ToByteArray(), classes);
        }
        catch (InvalidDataException)
        {
            // What is wrong with the file is told by loading it.
            return unchanged;
        }
    }

    /// <summary>The classes behind columns of outputs.</summary>
    public ImmutableDictionary<string, ImmutableArray<string>> LabelsOf(IEnumerable<OrtTensorInfo> outputs) => Classes.Length < 2
        ? ImmutableDictionary<string, ImmutableArray<string>>.Empty
        : outputs.Where(output => output.ElementType is OrtElementType.Float32 or OrtElementType.Float64 && output.Shape is [_, var columns] && columns == Classes.Length)
            .ToImmutableDictionary(output => output.Name, _ => Classes);
}
