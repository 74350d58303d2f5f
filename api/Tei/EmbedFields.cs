using Orrery.Api.Http;

namespace Orrery.Api.Tei;

/// <summary>The fields of a request for embeddings beside its inputs: Text Embeddings Inference's in the body itself, the hub's clients' there or in <c>parameters</c>.</summary>
/// <param name="exchange">The request.</param>
/// <param name="perToken">Whether vectors of tokens are asked for, which are neither scaled nor cut.</param>
internal struct EmbedFields(JsonExchange exchange, bool perToken)
{
    private TeiFields _shared = new(exchange);

    /// <summary>Those that most routes share.</summary>
    public readonly TeiFields Shared => _shared;

    /// <summary>Whether vectors are scaled to unit length; null when not said.</summary>
    public bool? Normalize { get; private set; }

    /// <summary>The first components that are kept; null for all.</summary>
    public int? Dimensions { get; private set; }

    /// <summary>Reads the field the reader is at, if it is one of these.</summary>
    public bool TryRead(ref RequestJson json)
    {
        if (!perToken && json.Is("normalize"u8))
            Normalize = json.Flag("normalize");
        else if (!perToken && json.Is("dimensions"u8))
            Dimensions = json.Integer("dimensions");
        else if (json.Is("encoding_format"u8))
            ReadFormat(ref json);
        else
            return _shared.TryRead(ref json);
        return true;
    }

    /// <summary>Reads the field the reader is at, which is none of these.</summary>
    public void ReadOther(ref RequestJson json) => _shared.ReadOther(ref json);

    /// <summary>Reads the object of them. What it has beside is refused: it would change the answer.</summary>
    public void ReadParameters(ref RequestJson json)
    {
        if (!json.EnterObject("parameters"))
            return;
        while (json.NextField())
        {
            if (!TryRead(ref json))
                json.Fail(ErrorCause.Unprocessable, $"parameters: {json.FieldName} is no parameter of embeddings", "parameters");
        }
    }

    private static void ReadFormat(ref RequestJson json)
    {
        if (json.Text("encoding_format") is { } format && format != "float")
            json.Fail(ErrorCause.Unprocessable, $"encoding_format must be float here, not {format}; /v1/embeddings has base64", "encoding_format");
    }
}
