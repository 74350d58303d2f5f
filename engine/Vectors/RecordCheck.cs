using System.Numerics.Tensors;
using System.Text;

namespace Orrery.Engine.Vectors;

/// <summary>What every store asks of records before it takes them, so that a refusal reads the same wherever they would go.</summary>
public static class RecordCheck
{
    /// <summary>The most bytes of an id, as UTF-8.</summary>
    public const int MaxIdBytes = 512;

    /// <summary>The most bytes of a namespace's name, as UTF-8.</summary>
    public const int MaxNamespaceBytes = 512;

    /// <summary>The most records that a query may ask for.</summary>
    public const int MaxTop = 10_000;

    /// <summary>The most components of a vector.</summary>
    public const int MaxDimension = 20_000;

    /// <summary>Says what is wrong with records, naming the first at fault; null when nothing is.</summary>
    /// <param name="request">The records.</param>
    /// <exception cref="ArgumentException">The lists' lengths contradict each other: a mistake in the program.</exception>
    public static InferenceError? Check(UpsertRequest request)
    {
        if (request.Values.Length != (long)request.Ids.Count * request.Dimension || (request.Metadata.Count != 0 && request.Metadata.Count != request.Ids.Count))
            throw new ArgumentException("ids, values and metadata are not of one length", nameof(request));
        if (request.Ids.Count == 0)
            return new(InferenceErrorKind.Empty, "vectors is empty", "vectors");
        if (request.Dimension is < 1 or > MaxDimension)
            return new(InferenceErrorKind.Invalid, $"a vector must have 1 to {MaxDimension} components, not {request.Dimension}", "values");
        if (CheckNames(request.Ids, request.Metadata, "vectors", "vectors") is { } wrong)
            return wrong;
        for (var i = 0; i < request.Ids.Count; i++)
        {
            if (CheckValues(request.Vector(i)) is { } bad)
                return bad with { Message = $"vectors[{i}] ('{request.Ids[i]}'): {bad.Message}" };
        }

        return null;
    }

    /// <summary>Says what is wrong with an index that is to be made; null when nothing is.</summary>
    public static InferenceError? Check(IndexSpec spec) => CheckIndexName(spec.Name)
        ?? (spec.Dimension is < 1 or > MaxDimension ? new(InferenceErrorKind.Invalid, $"dimension must be 1 to {MaxDimension}, not {spec.Dimension}", "dimension") : null);

    /// <summary>Says what is wrong with a query, whatever is asked; null when nothing is.</summary>
    public static InferenceError? Check(VectorQuery query)
    {
        if (query.TopK is < 1 or > MaxTop)
            return new(InferenceErrorKind.Invalid, $"topK must be 1 to {MaxTop}, not {query.TopK}", "topK");
        if (query.Id is null == query.Vector.IsEmpty)
            return new(InferenceErrorKind.Invalid, "exactly one of vector and id must be given", "vector");
        return CheckValues(query.Vector.Span) is { } wrong ? wrong with { Field = "vector" } : null;
    }

    /// <summary>Says what is wrong with a change, whatever is to be changed; null when nothing is.</summary>
    public static InferenceError? Check(UpdateRequest request)
    {
        if (((request.Id is { } id ? CheckId(id) : null) ?? CheckValues(request.Values.Span)) is { } wrong)
            return wrong;
        return VectorMetadata.Check(request.SetMetadata.Span) is { } metadata ? new(InferenceErrorKind.Invalid, $"setMetadata {metadata}", "setMetadata") : null;
    }

    /// <summary>Says why the embeddings of a request cannot be kept, before they are made; null when they can.</summary>
    /// <param name="keeps">Whether there is a store at all.</param>
    /// <param name="target">Where to.</param>
    /// <param name="inputs">How many inputs there are.</param>
    /// <param name="perToken">Whether there is to be a vector a token.</param>
    public static InferenceError? Check(bool keeps, UpsertTarget target, int inputs, bool perToken = false)
    {
        if (!keeps)
            return new(InferenceErrorKind.Invalid, "upsert: this server keeps no vectors", "upsert");
        return perToken ? new(InferenceErrorKind.Invalid, "upsert: one vector a text can be kept, not one a token", "upsert") : Check(target, inputs);
    }

    /// <summary>Says what is wrong with where embeddings are to go, before they are made; null when nothing is.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="inputs">How many embeddings there will be.</param>
    public static InferenceError? Check(UpsertTarget target, int inputs)
    {
        if (target.Ids.Count != inputs)
            return new(InferenceErrorKind.Invalid, $"upsert.ids must name each of the {inputs} inputs, not {target.Ids.Count}", "upsert.ids");
        return target.Metadata.Count != 0 && target.Metadata.Count != inputs
            ? new(InferenceErrorKind.Invalid, $"upsert.metadata must have an object for each of the {inputs} inputs, not {target.Metadata.Count}", "upsert.metadata")
            : CheckNamespace(target.Namespace) is { } named ? named with { Field = "upsert.namespace" } : CheckNames(target.Ids, target.Metadata, "upsert.ids", "upsert.metadata");
    }

    /// <summary>Says what is wrong with an id; null when nothing is.</summary>
    public static InferenceError? CheckId(string id)
    {
        var bytes = Encoding.UTF8.GetByteCount(id);
        if (bytes is < 1 or > MaxIdBytes)
            return new(InferenceErrorKind.Invalid, $"id must be 1 to {MaxIdBytes} bytes long, not {bytes}", "id");
        return id.Contains('\0', StringComparison.Ordinal) ? new(InferenceErrorKind.Invalid, "id must not hold a NUL character", "id") : null;
    }

    /// <summary>Says what is wrong with a namespace that is to be written to or made; null when nothing is. What exists under a longer name can still be read.</summary>
    public static InferenceError? CheckNamespace(string name)
    {
        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > MaxNamespaceBytes)
            return new(InferenceErrorKind.Invalid, $"namespace must be at most {MaxNamespaceBytes} bytes long, not {bytes}", "namespace");
        return name.Contains('\0', StringComparison.Ordinal) ? new(InferenceErrorKind.Invalid, "namespace must not hold a NUL character", "namespace") : null;
    }

    /// <summary>Says what is wrong with a vector's components; null when nothing is.</summary>
    public static InferenceError? CheckValues(ReadOnlySpan<float> values)
    {
        // Of no components .NET says that not all are finite.
        if (values.IsEmpty || TensorPrimitives.IsFiniteAll(values))
            return null;
        for (var i = 0; ; i++)
        {
            if (!float.IsFinite(values[i]))
                return new(InferenceErrorKind.Invalid, $"values[{i}] must be a finite number, not {values[i]}", "values");
        }
    }

    /// <summary>Says what is wrong with a vector for vectors of another length; null when nothing is.</summary>
    /// <param name="given">Components given.</param>
    /// <param name="wanted">Components of the index's or namespace's vectors.</param>
    public static InferenceError? CheckDimension(int given, int wanted) =>
        given == wanted ? null : new(InferenceErrorKind.Invalid, $"Vector dimension {given} does not match the dimension of the index {wanted}", "values");

    /// <summary>Says why vectors of one model cannot join or be compared with those of another; null when they can.</summary>
    /// <param name="name">The namespace.</param>
    /// <param name="given">What made the vectors at hand; null where nobody says, which fits everything.</param>
    /// <param name="kept">What made those in the namespace; null where nobody said.</param>
    public static InferenceError? CheckModel(string name, EmbeddingModel? given, EmbeddingModel? kept) =>
        given is null || kept is null || given.Digest == kept.Digest
            ? null
            : new(InferenceErrorKind.Conflict, $"namespace '{name}' holds vectors of model '{kept.Name}' ({kept.Digest}), not of '{given.Name}' ({given.Digest}): another digest means other files, or files that are read otherwise since an update; embed the texts again, into another namespace", "namespace");

    /// <summary>What is answered of an index that is not there.</summary>
    public static InferenceError NoIndex(string index) => new(InferenceErrorKind.NotFound, $"index '{Shorten(index)}' does not exist", "index");

    /// <summary>What is answered of a namespace that is not there, where it must be.</summary>
    public static InferenceError NoNamespace(string name) => new(InferenceErrorKind.NotFound, $"namespace '{Shorten(name)}' does not exist", "namespace");

    /// <summary>Says what is wrong with an index's name; null when nothing is.</summary>
    public static InferenceError? CheckIndexName(string name) =>
        name.Length is >= 1 and <= 45 && name[0] != '-' && name[^1] != '-' && !name.AsSpan().ContainsAnyExcept(_indexName)
            ? null
            : new(InferenceErrorKind.Invalid, $"name must be 1 to 45 lower-case letters, digits and hyphens within, not '{Shorten(name)}'", "name");

    /// <summary>What is answered when there are as many indexes as there may be.</summary>
    /// <param name="most">How many.</param>
    public static InferenceError TooManyIndexes(int most) =>
        new(InferenceErrorKind.Conflict, $"there are {most} indexes already, and Vectors:MaxIndexes allows no more: use namespaces, or delete one", "name");

    private static string Shorten(string name) => name.Length <= 64 ? name : name[..64] + "…";

    private static InferenceError? CheckNames(IReadOnlyList<string> ids, IReadOnlyList<ReadOnlyMemory<byte>> metadata, string idsField, string metadataField)
    {
        var seen = new HashSet<string>(ids.Count, StringComparer.Ordinal);
        for (var i = 0; i < ids.Count; i++)
        {
            if (CheckId(ids[i]) is { } wrong)
                return wrong with { Message = $"{idsField}[{i}]: {wrong.Message}" };
            if (!seen.Add(ids[i]))
                return new(InferenceErrorKind.Invalid, $"{idsField}[{i}]: id '{ids[i]}' is there twice", "id");
        }

        for (var i = 0; i < metadata.Count; i++)
        {
            if (VectorMetadata.Check(metadata[i].Span) is { } wrong)
                return new(InferenceErrorKind.Invalid, $"{metadataField}[{i}] ('{ids[i]}'): metadata {wrong}", "metadata");
        }

        return null;
    }

    private static readonly System.Buffers.SearchValues<char> _indexName = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
}
