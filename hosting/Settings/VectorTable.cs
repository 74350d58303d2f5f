using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Hosting.Settings;

/// <summary>The keys of a process that keeps vectors, or reaches where they are kept.</summary>
public static class VectorTable
{
    // Names of variables are those of Pinecone's own clients.
    private static readonly Setting<PineconeOptions>[] _pinecone =
    [
        new("Pinecone:ApiKey", "PINECONE_API_KEY", "Pinecone's key for a project", (all, v) => all with { ApiKey = v }, Secret: true),
        SettingKinds.Text<PineconeOptions>("Pinecone:ControlHost", "PINECONE_CONTROLLER_HOST", "an http or https address", (all, v) => all with { ControlHost = v }),
        SettingKinds.Text<PineconeOptions>("Pinecone:ApiVersion", null, "a year and a month as in 2026-04", (all, v) => all with { ApiVersion = v }),
        SettingKinds.Text<PineconeOptions>("Pinecone:Cloud", null, "a cloud's name", (all, v) => all with { Cloud = v }),
        SettingKinds.Text<PineconeOptions>("Pinecone:Region", null, "a region's name", (all, v) => all with { Region = v }),
        SettingKinds.Time<PineconeOptions>("Pinecone:Timeout", (all, v) => all with { Timeout = v }),
        SettingKinds.Int<PineconeOptions>("Pinecone:MaxRetries", null, 0, 20, (all, v) => all with { MaxRetries = v }),
        SettingKinds.Time<PineconeOptions>("Pinecone:Patience", (all, v) => all with { Patience = v }),
        SettingKinds.Int<PineconeOptions>("Pinecone:OutboxRecords", null, 1, int.MaxValue, (all, v) => all with { OutboxRecords = v }),
        SettingKinds.Bytes<PineconeOptions>("Pinecone:OutboxBytes", null, (all, v) => all with { OutboxBytes = v }),
    ];

    /// <summary>All under <c>Vectors</c> and <c>Pinecone</c>.</summary>
    public static IReadOnlyList<Setting<VectorOptions>> All { get; } =
    [
        SettingKinds.Choice<VectorOptions>("Vectors:Store", "VECTOR_STORE", ["embedded", "pinecone", "none"], (all, v) => all with { Store = Enum.Parse<VectorStoreKind>(v, ignoreCase: true) }),
        SettingKinds.Text<VectorOptions>("Vectors:Directory", "VECTOR_DIR", "a directory", (all, v) => all with { Directory = v }),
        SettingKinds.Text<VectorOptions>("Vectors:Index", "VECTOR_INDEX", "an index's name", (all, v) => all with { Index = v }),
        SettingKinds.Int<VectorOptions>("Vectors:MaxIndexes", null, 1, 10_000, (all, v) => all with { MaxIndexes = v }),
        SettingKinds.Choice<VectorOptions>("Vectors:Metric", null, ["cosine", "dotproduct", "euclidean"], (all, v) => all with { Metric = Enum.Parse<VectorMetric>(v, ignoreCase: true) }),
        SettingKinds.Choice<VectorOptions>("Vectors:Element", null, ["float32", "int8"], (all, v) => all with { Element = Enum.Parse<VectorElement>(v, ignoreCase: true) }),
        .. _pinecone.Select(setting => setting.In<VectorOptions>(all => all.Pinecone, (all, pinecone) => all with { Pinecone = pinecone })),
    ];

    /// <summary>Those of a silo: it decides how far apart records are kept too.</summary>
    public static IReadOnlyList<Setting<VectorOptions>> OfSilos { get; } = [.. All, SettingKinds.Int<VectorOptions>("Vectors:Shards", null, 1, 256, (all, v) => all with { Shards = v })];
}
