namespace Orrery.Onnx;

public sealed partial class GraphOutline
{
    private const string Location = "location";

    /// <summary>The other files in which this graph's weights lie, those of branches and loops too: paths relative to the graph's folder, each once, in order of names.</summary>
    public IReadOnlyCollection<string> ExternalFiles()
    {
        var files = new SortedSet<string>(StringComparer.Ordinal);
        Collect(this, files);
        return files;
    }

    // As deep as branches lie in branches, which the parser bounds.
    private static void Collect(GraphOutline graph, SortedSet<string> files)
    {
        foreach (var tensor in graph.Initializer)
            Collect(tensor, files);
        foreach (var sparse in graph.SparseInitializer)
            Collect(sparse, files);
        foreach (var node in graph.Node)
        {
            foreach (var attribute in node.Attribute)
            {
                Collect(attribute.T, files);
                Collect(attribute.SparseTensor, files);
                foreach (var tensor in attribute.Tensors)
                    Collect(tensor, files);
                foreach (var sparse in attribute.SparseTensors)
                    Collect(sparse, files);
                if (attribute.G is { } branch)
                    Collect(branch, files);
                foreach (var one in attribute.Graphs)
                    Collect(one, files);
            }
        }
    }

    private static void Collect(SparseOutline? sparse, SortedSet<string> files)
    {
        Collect(sparse?.Values, files);
        Collect(sparse?.Indices, files);
    }

    private static void Collect(TensorOutline? tensor, SortedSet<string> files)
    {
        if (tensor is null)
            return;
        foreach (var entry in tensor.ExternalData)
        {
            if (entry.Key == Location)
                files.Add(entry.Value);
        }
    }
}
