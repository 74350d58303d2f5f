using Orrery.Engine.Vectors;

namespace Orrery.Hosting.Settings;

/// <summary>The keys of a process that keeps vectors, or reaches where they are kept.</summary>
public static class VectorTable
{
    /// <summary>All under <c>Vectors</c>.</summary>
    public static IReadOnlyList<Setting<VectorOptions>> All { get; } =
    [
        SettingKinds.Choice<VectorOptions>("Vectors:Store", "VECTOR_STORE", ["embedded", "pinecone", "none"], (all, v) => all with { Store = Enum.Parse<VectorStoreKind>(v, ignoreCase: true) }),
        SettingKinds.Text<VectorOptions>("Vectors:Directory", "VECTOR_DIR", "a directory", (all, v) => all with { Directory = v }),
        SettingKinds.Text<VectorOptions>("Vectors:Index", "VECTOR_INDEX", "an index's name", (all, v) => all with { Index = v }),
        SettingKinds.Choice<VectorOptions>("Vectors:Metric", null, ["cosine", "dotproduct", "euclidean"], (all, v) => all with { Metric = Enum.Parse<VectorMetric>(v, ignoreCase: true) }),
        SettingKinds.Choice<VectorOptions>("Vectors:Element", null, ["float32", "int8"], (all, v) => all with { Element = Enum.Parse<VectorElement>(v, ignoreCase: true) }),
    ];

    /// <summary>Those of a silo: it decides how far apart records are kept too.</summary>
    public static IReadOnlyList<Setting<VectorOptions>> OfSilos { get; } = [.. All, SettingKinds.Int<VectorOptions>("Vectors:Shards", null, 1, 256, (all, v) => all with { Shards = v })];
}
