using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine.Vectors;

namespace Orrery.Api.Pinecone;

/// <summary>
/// Reads an upsert's body in one pass into columns: all components in one pooled block, metadata as places in the body. The first vector's
/// dimension is everybody's. Valid until the body is returned.
/// </summary>
internal ref struct UpsertReader
{
    /// <summary>The most vectors of one request.</summary>
    public const int MaxVectors = 1000;

    private readonly JsonExchange _exchange;
    private readonly FloatBlock _floats;
    private readonly List<string> _ids = [];
    private readonly List<ReadOnlyMemory<byte>> _metadata = [];
    private RequestJson _json;
    private string? _namespace;
    private int _dimension;
    private bool _anyMetadata;

    private UpsertReader(JsonExchange exchange, FloatBlock floats)
    {
        _exchange = exchange;
        _floats = floats;
        _json = PineconeFields.Enter(exchange);
    }

    /// <summary>Reads the body.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="index">The index that it is for.</param>
    /// <param name="floats">Takes the components; must outlive the result.</param>
    /// <param name="request">The records, when nothing is wrong. What is wrong with single ones the store says.</param>
    public static ApiError? Read(JsonExchange exchange, string index, FloatBlock floats, out UpsertRequest? request)
    {
        var reader = new UpsertReader(exchange, floats);
        request = null;
        if (reader.Read() is { } error)
            return error;
        request = new UpsertRequest
        {
            Index = index,
            Namespace = PineconeFields.Namespace(reader._namespace),
            Ids = reader._ids,
            Dimension = reader._dimension,
            Values = floats.Values,
            Metadata = reader._anyMetadata ? reader._metadata : [],
        };
        return null;
    }

    private ApiError? Read()
    {
        while (_json.NextField())
        {
            if (_json.Is("vectors"u8))
                ReadVectors();
            else if (_json.Is("namespace"u8))
                _namespace = _json.Text("namespace");
            else
                _json.Skip();
        }

        if (_json.End() is { } error)
            return error;
        if (RecordCheck.CheckNamespace(PineconeFields.Namespace(_namespace)) is { } misnamed)
            return ApiError.From(misnamed);
        return _ids.Count == 0 ? new(ErrorCause.Empty, "vectors is missing or empty", "vectors") : null;
    }

    private void ReadVectors()
    {
        // Of a field given twice the last counts.
        _ids.Clear();
        _metadata.Clear();
        _floats.Cut(0);
        if (!_json.Next() || _json.At(JsonTokenType.Null))
            return;
        if (!_json.At(JsonTokenType.StartArray))
        {
            _json.Wrong("vectors", "an array of vectors");
            return;
        }

        while (_json.Next() && !_json.At(JsonTokenType.EndArray))
        {
            if (_ids.Count == MaxVectors)
                _json.Fail(ErrorCause.TooLarge, $"vectors has more than {MaxVectors} items", "vectors");
            else if (!_json.At(JsonTokenType.StartObject))
                _json.Wrong($"vectors[{_ids.Count}]", "an object");
            else
                ReadVector();
        }
    }

    private void ReadVector()
    {
        var number = _ids.Count;
        var start = _floats.Length;
        string? id = null;
        int? dimension = null;
        var metadata = default(Range);
        while (_json.NextField())
        {
            if (_json.Is("values"u8))
            {
                _floats.Cut(start);
                dimension = _json.Floats("values", _floats, RecordCheck.MaxDimension);
            }
            else if (_json.Is("id"u8))
            {
                id = _json.Text("id");
            }
            else if (_json.Is("metadata"u8))
            {
                metadata = _json.ObjectPlace("metadata");
            }
            else if (_json.Is("sparseValues"u8, "sparse_values"u8))
            {
                PineconeFields.RefuseSparse(ref _json, "sparseValues");
            }
            else
            {
                _json.Skip();
            }
        }

        if (_json.Error is not null)
        {
            _json.Under(id is null ? $"vectors[{number}]: " : $"vectors[{number}] ('{id}'): ");
            return;
        }

        if (id is null)
            _json.Fail(ErrorCause.Invalid, $"vectors[{number}]: id is missing", "id");
        else if (dimension is null or 0)
            _json.Fail(ErrorCause.Invalid, $"vectors[{number}] ('{id}'): values is missing or empty", "values");
        else if (number > 0 && dimension != _dimension)
            _json.Fail(ErrorCause.Invalid, $"vectors[{number}] ('{id}'): Vector dimension {dimension} does not match the dimension {_dimension} of the vectors before it", "values");
        _dimension = dimension ?? 0;
        _ids.Add(id ?? "");
        _metadata.Add(_exchange.Body[metadata]);
        _anyMetadata |= !metadata.Equals(default);
    }
}
