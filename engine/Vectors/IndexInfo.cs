namespace Orrery.Engine.Vectors;

/// <summary>How alike two vectors are.</summary>
public enum VectorMetric
{
    /// <summary>The cosine of their angle, -1 to 1: more is nearer. With a vector of zeros it is 0.</summary>
    Cosine,

    /// <summary>Their inner product: more is nearer.</summary>
    DotProduct,

    /// <summary>The square of their Euclidean distance, as Pinecone tells it: less is nearer.</summary>
    Euclidean,
}

/// <summary>How components are kept.</summary>
public enum VectorElement
{
    /// <summary>Four bytes each, exactly as given.</summary>
    Float32,

    /// <summary>A byte each, scaled by each vector's largest component: a quarter of the space, and scores within about 1 % of it.</summary>
    Int8,
}

/// <summary>What an index is to be.</summary>
public sealed record IndexSpec
{
    /// <summary>1 to 45 characters: lower-case letters, digits, and hyphens within.</summary>
    public required string Name { get; init; }

    /// <summary>Components of every vector, 1 to 20,000; null where each namespace has the dimension of what is first written to it.</summary>
    public int? Dimension { get; init; }

    /// <summary>How vectors are compared.</summary>
    public VectorMetric Metric { get; init; } = VectorMetric.Cosine;

    /// <summary>How components are kept.</summary>
    public VectorElement Element { get; init; } = VectorElement.Float32;

    /// <summary>Whether it may not be deleted.</summary>
    public bool DeletionProtected { get; init; }

    /// <summary>Whatever its owner notes of it.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>Where a service is to run it, a JSON object as Pinecone's <c>spec</c>, kept and told again; null for none.</summary>
    public string? Placement { get; init; }

    /// <summary>What its maker calls the vectors' field in a schema, kept and told again; null for the usual name.</summary>
    public string? VectorField { get; init; }

    /// <summary>How texts become its vectors; null for an index that is given vectors.</summary>
    public IndexEmbedding? Embedding { get; init; }
}

/// <summary>How records that bring a text get their vector.</summary>
/// <param name="Model">The name of the embedding model.</param>
/// <param name="TextField">The field of a record that is embedded.</param>
/// <param name="WriteParameters">What is said of embedding records, a JSON object as Pinecone's; null for what is usual.</param>
/// <param name="ReadParameters">What is said of embedding queries, likewise.</param>
public sealed record IndexEmbedding(string Model, string TextField, string? WriteParameters = null, string? ReadParameters = null);

/// <summary>An index that is there.</summary>
/// <param name="Spec">What it is.</param>
/// <param name="Ready">Whether it can be asked.</param>
/// <param name="Host">The address of a service that has it; null where whoever asked has it.</param>
public sealed record IndexInfo(IndexSpec Spec, bool Ready = true, string? Host = null);

/// <summary>What to change of an index; null leaves a part as it is.</summary>
/// <param name="DeletionProtected">Whether it may not be deleted.</param>
/// <param name="Tags">Tags to set; an empty value removes one.</param>
public sealed record IndexChange(bool? DeletionProtected, IReadOnlyDictionary<string, string>? Tags)
{
    /// <summary>What an index is after the change.</summary>
    public IndexSpec Of(IndexSpec spec)
    {
        var tags = new Dictionary<string, string>(spec.Tags, StringComparer.Ordinal);
        foreach (var (key, value) in Tags ?? new Dictionary<string, string>())
        {
            if (value.Length == 0)
                tags.Remove(key);
            else
                tags[key] = value;
        }

        return spec with { DeletionProtected = DeletionProtected ?? spec.DeletionProtected, Tags = tags };
    }
}

/// <summary>The version of the model that made vectors.</summary>
/// <param name="Name">The model's name, told to people.</param>
/// <param name="Digest">The version's digest, which is compared.</param>
public sealed record EmbeddingModel(string Name, string Digest);

/// <summary>A namespace.</summary>
/// <param name="Name">Its name; empty for the default one.</param>
/// <param name="Records">Records in it.</param>
/// <param name="Dimension">Components of its vectors; null while it is empty in an index that fixes none.</param>
/// <param name="Model">What made its vectors; null where nobody said.</param>
public sealed record NamespaceInfo(string Name, long Records, int? Dimension, EmbeddingModel? Model);

/// <summary>Some namespaces.</summary>
/// <param name="Namespaces">By name.</param>
/// <param name="Next">What asks for the next page; null at the end.</param>
/// <param name="Total">How many there are on all pages.</param>
public sealed record NamespacePage(IReadOnlyList<NamespaceInfo> Namespaces, string? Next, long Total);

/// <summary>Counts.</summary>
/// <param name="Index">What is counted.</param>
/// <param name="Namespaces">Records of each namespace that has any or was made.</param>
public sealed record IndexStats(IndexSpec Index, IReadOnlyList<NamespaceInfo> Namespaces);
