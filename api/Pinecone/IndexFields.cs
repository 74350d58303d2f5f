using System.Text;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>What a request says of an index, to make one or to change it.</summary>
internal ref struct IndexFields
{
    /// <summary>The most tags of an index, and characters of a tag's key and value, as Pinecone has them.</summary>
    private const int MaxTags = 20;
    private const int MaxTagKey = 80;
    private const int MaxTagValue = 120;

    /// <summary>The most bytes of a <c>spec</c>, which is only kept.</summary>
    private const int MaxPlacement = 4096;

    /// <summary>The most characters of a cloud's and a region's name, which are only kept.</summary>
    private const int MaxPlaceName = 64;

    /// <summary>The most characters of a field's name in a schema.</summary>
    private const int MaxFieldName = 64;

    private string? _name;
    private string? _metric;
    private string? _protection;
    private string? _vectorType;
    private string? _element;
    private int? _dimension;
    private Dictionary<string, string>? _tags;
    private string? _readMode;
    private Range _spec;
    private Range _deployment;
    private string? _placement;
    private bool _hasSchema;
    private string? _vectorField;
    private string? _cloud;
    private string? _region;
    private EmbedFields? _embed;

    /// <summary>Reads what makes an index.</summary>
    public static ApiError? ReadSpec(JsonExchange exchange, out IndexSpec? spec)
    {
        var fields = default(IndexFields);
        spec = null;
        if ((fields.Read(exchange) ?? fields.CheckNew()) is { } error)
            return error;
        spec = new IndexSpec
        {
            Name = fields._name!,
            Dimension = fields._dimension,
            Metric = IndexJson.Metric(fields._metric ?? "cosine")!.Value,
            Element = IndexJson.Element(fields._element ?? "float32")!.Value,
            DeletionProtected = fields._protection == "enabled",
            Tags = fields._tags ?? [],
            Placement = fields._placement,
            VectorField = fields._vectorField,
        };
        return null;
    }

    /// <summary>Reads what makes an index that embeds texts: <c>{"name","cloud","region","embed":{"model","field_map":{"text"}}}</c>.</summary>
    public static ApiError? ReadSpecForModel(JsonExchange exchange, IInferenceBackend backend, out IndexSpec? spec)
    {
        var fields = default(IndexFields);
        spec = null;
        if (fields.Read(exchange) is { } error)
            return error;
        if (fields._embed is not { } embed)
            return new(ErrorCause.Invalid, "embed is missing", "embed");
        if (fields._hasSchema || !fields._spec.Equals(default) || !fields._deployment.Equals(default))
            return new(ErrorCause.Invalid, "schema, spec and deployment are not of indexes that embed texts: say embed, cloud and region", "embed");
        if (embed.Find(exchange, backend, out var model, out var embedding) is { } wrong)
            return wrong;
        // The model's, unless a part of its vectors is wanted.
        (fields._embed, fields._dimension, fields._metric) = (null, embed.Dimension ?? fields._dimension ?? model!.Dimensions, embed.Metric ?? fields._metric);
        if (fields._dimension > model!.Dimensions)
            return new(ErrorCause.Invalid, $"embed.dimension must be 1 to {model.Dimensions}, those of model '{model.Name}', not {fields._dimension}", "embed");
        if (fields.CheckNew() is { } unfit)
            return unfit;
        spec = new IndexSpec
        {
            Name = fields._name!,
            Dimension = fields._dimension,
            Metric = IndexJson.Metric(fields._metric ?? "cosine")!.Value,
            DeletionProtected = fields._protection == "enabled",
            Tags = fields._tags ?? [],
            Placement = fields._cloud is null || fields._region is null ? null : Placement.Serverless(fields._cloud, fields._region),
            Embedding = embedding,
        };
        return null;
    }

    /// <summary>Reads what changes an index: its protection and its tags.</summary>
    public static ApiError? ReadChange(JsonExchange exchange, out IndexChange? change)
    {
        var fields = default(IndexFields);
        change = null;
        if (fields.Read(exchange) is { } error)
            return error;
        if (fields.CheckUnchangeable() is { } fixedField)
            return fixedField;
        change = new IndexChange(fields._protection is { } word ? word == "enabled" : null, fields._tags);
        return null;
    }

    private ApiError? Read(JsonExchange exchange)
    {
        var json = PineconeFields.Enter(exchange);
        while (json.NextField())
        {
            if (json.Is("name"u8))
                _name = json.Text("name");
            else if (json.Is("dimension"u8))
                _dimension = json.Integer("dimension");
            else if (json.Is("metric"u8))
                _metric = json.Text("metric");
            else if (json.Is("spec"u8))
                _spec = json.ObjectPlace("spec");
            else if (json.Is("deployment"u8))
                _deployment = json.ObjectPlace("deployment");
            else if (json.Is("schema"u8))
                ReadSchema(ref json);
            else if (json.Is("tags"u8))
                ReadTags(ref json);
            else if (json.Is("deletionProtection"u8, "deletion_protection"u8))
                _protection = json.Text("deletion_protection");
            else if (json.Is("vectorType"u8, "vector_type"u8))
                _vectorType = json.Text("vector_type");
            else if (json.Is("elementType"u8, "element_type"u8))
                _element = json.Text("element_type");
            else if (json.Is("embed"u8))
                _embed = EmbedFields.Read(ref json);
            else if (json.Is("cloud"u8))
                _cloud = PlaceName(ref json, "cloud");
            else if (json.Is("region"u8))
                _region = PlaceName(ref json, "region");
            else if (json.Is("read_capacity"u8, "readCapacity"u8))
                _readMode = ReadMode(ref json);
            else
                json.Refuse();
        }

        return json.End() ?? CheckProtection() ?? ReadPlacement(exchange);
    }

    /// <summary>The API of 2026-07 says dimension and metric of a field among a schema's, by a name that is given.</summary>
    private void ReadSchema(ref RequestJson json)
    {
        if (!json.EnterObject("schema"))
            return;
        _hasSchema = true;
        while (json.NextField())
        {
            if (!json.Is("fields"u8))
                json.Refuse("schema");
            else if (json.EnterObject("schema.fields"))
                ReadSchemaFields(ref json);
        }
    }

    private void ReadSchemaFields(ref RequestJson json)
    {
        while (json.NextField())
        {
            var name = json.Current();
            string? type = null;
            if (!json.EnterObject($"schema.fields.{name}"))
                continue;
            while (json.NextField())
            {
                if (json.Is("type"u8))
                    type = json.Text("type");
                else if (json.Is("dimension"u8))
                    _dimension = json.Integer("dimension");
                else if (json.Is("metric"u8))
                    _metric = json.Text("metric");
                else if (json.Is("description"u8))
                    json.Skip();
                else
                    json.Refuse($"schema.fields.{name}");
            }

            if (type != "dense_vector")
                json.Fail(ErrorCause.Invalid, $"schema: '{name}' of type '{type}' is not supported, only one field of type dense_vector; metadata can be filtered by without being told of", "schema");
            else if (_vectorField is not null)
                json.Fail(ErrorCause.Invalid, $"schema: '{name}' and '{_vectorField}' are both of type dense_vector; records here have one vector", "schema");
            else if (name.Length is < 1 or > MaxFieldName)
                json.Fail(ErrorCause.Invalid, $"schema: names of fields must be 1 to {MaxFieldName} characters, not {name.Length}", "schema");
            _vectorField = name;
        }
    }

    private ApiError? ReadPlacement(JsonExchange exchange)
    {
        var place = _spec.Equals(default) ? _deployment : _spec;
        if (place.Equals(default))
            return null;
        var given = exchange.Body[place];
        if (given.Length > MaxPlacement)
            return new(ErrorCause.TooLarge, $"spec must be at most {MaxPlacement} bytes, not {given.Length}", "spec");
        _placement = _spec.Equals(default) ? Placement.SpecOf(given) : Encoding.UTF8.GetString(given.Span);
        return null;
    }

    /// <summary>How a service is to read an index; here there is one way, which is the service's own default.</summary>
    private static string? ReadMode(ref RequestJson json)
    {
        if (!json.EnterObject("read_capacity"))
            return null;
        string? mode = null;
        while (json.NextField())
        {
            if (json.Is("mode"u8))
                mode = json.Text("read_capacity.mode");
            else
                json.Refuse("read_capacity");
        }

        if (mode is not (null or "OnDemand"))
            json.Fail(ErrorCause.Invalid, $"read_capacity.mode must be OnDemand, not '{mode}': nothing is reserved for an index here", "read_capacity");
        return mode;
    }

    private static string? PlaceName(ref RequestJson json, string field)
    {
        var name = json.Text(field);
        if (name?.Length > MaxPlaceName)
            json.Fail(ErrorCause.TooLarge, $"{field} must be at most {MaxPlaceName} characters, not {name.Length}", field);
        return name;
    }

    private void ReadTags(ref RequestJson json)
    {
        if (!json.EnterObject("tags"))
            return;
        _tags = [];
        while (json.NextField())
        {
            var key = json.Current();
            // Null removes a tag, as an empty value does.
            var value = json.Text("tags") ?? "";
            if (key.Length is < 1 or > MaxTagKey || value.Length > MaxTagValue)
                json.Fail(ErrorCause.Invalid, $"tags: '{key}' must have 1 to {MaxTagKey} characters and its value at most {MaxTagValue}", "tags");
            _tags[key] = value;
            if (_tags.Count > MaxTags)
                json.Fail(ErrorCause.Invalid, $"tags must be at most {MaxTags}", "tags");
        }
    }

    private readonly ApiError? CheckProtection() => _protection is null or "enabled" or "disabled"
        ? null
        : new(ErrorCause.Invalid, $"deletion_protection must be enabled or disabled, not '{_protection}'", "deletion_protection");

    private readonly ApiError? CheckUnchangeable()
    {
        var given = _hasSchema ? "schema" : _name is not null ? "name" : _dimension is not null ? "dimension" : _metric is not null ? "metric" : _vectorType is not null ? "vector_type" : _element is not null ? "element_type"
            : _embed is not null ? "embed" : _cloud is not null ? "cloud" : _region is not null ? "region" : _readMode is not null ? "read_capacity"
            : !_spec.Equals(default) ? "spec" : !_deployment.Equals(default) ? "deployment" : null;
        return given is null ? null : new(ErrorCause.Invalid, $"{given} cannot be changed", given);
    }

    private readonly ApiError? CheckNew()
    {
        if (_embed is not null)
            return new(ErrorCause.Invalid, "embed: indexes that embed texts are made by POST /indexes/create-for-model", "embed");
        if (_vectorType is not (null or "dense"))
            return new(ErrorCause.Invalid, $"vector_type must be dense, not '{_vectorType}': sparse vectors are not supported", "vector_type");
        if (_name is null)
            return new(ErrorCause.Invalid, "name is missing", "name");
        if (RecordCheck.CheckIndexName(_name) is { } wrong)
            return ApiError.From(wrong);
        if (!_deployment.Equals(default) && _placement is null)
            return new(ErrorCause.Invalid, "deployment.deployment_type must be managed, byoc or pod", "deployment");
        if (_dimension is not { } dimension)
            return new(ErrorCause.Invalid, "dimension is missing", "dimension");
        if (dimension is < 1 or > RecordCheck.MaxDimension)
            return new(ErrorCause.Invalid, $"dimension must be 1 to {RecordCheck.MaxDimension}, not {dimension}", "dimension");
        if (_metric is not null && IndexJson.Metric(_metric) is null)
            return new(ErrorCause.Invalid, $"metric must be cosine, dotproduct or euclidean, not '{_metric}'", "metric");
        return _element is null || IndexJson.Element(_element) is not null
            ? null
            : new(ErrorCause.Invalid, $"element_type must be float32 or int8, not '{_element}'", "element_type");
    }
}
