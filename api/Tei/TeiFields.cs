using System.Diagnostics.CodeAnalysis;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Tei;

/// <summary>The fields that most routes of this protocol share, and what they resolve to.</summary>
internal struct TeiFields
{
    private readonly string? _chosen;
    private bool? _truncate;
    private bool _left;

    /// <param name="exchange">The request.</param>
    public TeiFields(JsonExchange exchange) => (_chosen, Model) = (exchange.Model, "");

    /// <summary>The model asked for, an extension of ours; empty for the default one of the route's task.</summary>
    public string Model { get; private set; }

    /// <summary>The prompt's name; null for the model's default.</summary>
    public string? PromptName { get; private set; }

    /// <summary>Reads the field the reader is at, if it is one of these.</summary>
    public bool TryRead(ref RequestJson json)
    {
        if (json.Is("truncate"u8))
            _truncate = json.Flag("truncate");
        else if (json.Is("truncation_direction"u8))
            ReadDirection(ref json);
        else if (json.Is("prompt_name"u8))
            PromptName = json.Text("prompt_name");
        else if (json.Is("model"u8))
            Model = json.Text("model") ?? "";
        else
            return false;
        return true;
    }

    /// <summary>
    /// Reads the field the reader is at, which is none of a route's own. Text Embeddings Inference passes over what it does not know; to who asks for a task it
    /// is refused, for it would change the answer.
    /// </summary>
    public void ReadOther(ref RequestJson json)
    {
        if (json.Is("options"u8) || _chosen is null)
            // For the hub's own queue: use_cache, wait_for_model.
            json.Skip();
        else if (json.Is("parameters"u8))
            ReadParameters(ref json);
        else
            PassOver(ref json);
    }

    /// <summary>Reads these fields from the object of parameters.</summary>
    public void ReadParameters(ref RequestJson json)
    {
        if (!json.EnterObject("parameters"))
            return;
        while (json.NextField())
        {
            if (!TryRead(ref json))
                PassOver(ref json, "parameters: ");
        }
    }

    /// <summary>Passes over the field the reader is at, or refuses it.</summary>
    /// <param name="json">The body.</param>
    /// <param name="place">Where in it, for the message.</param>
    public readonly void PassOver(ref RequestJson json, string place = "")
    {
        if (_chosen is null)
            json.Skip();
        else
            json.Fail(ErrorCause.Unprocessable, $"{place}{json.FieldName} is not known here", json.FieldName);
    }

    /// <summary>What to do with texts that are too long.</summary>
    public readonly Truncation Truncation(ApiOptions options) =>
        !(_truncate ?? options.AutoTruncate) ? Engine.Truncation.Refuse : _left ? Engine.Truncation.Left : Engine.Truncation.Right;

    /// <summary>The model that answers, given the tasks a route serves, the preferred first.</summary>
    public readonly bool TryFindModel(
        IInferenceBackend backend, string route, [NotNullWhen(true)] out ModelInfo? model, [NotNullWhen(false)] out ApiError? error, params ReadOnlySpan<ModelTask> tasks)
    {
        var name = _chosen ?? Model ?? "";
        InferenceError? missing = null;
        error = null;
        foreach (var task in tasks)
        {
            if (!backend.Find(name, task).TryGet(out model, out missing))
                continue;
            if (tasks.Contains(model.Task) || model.State != ModelState.Ready)
                return true;
            error = new(ErrorCause.WrongTask, $"{route} is not for model '{model.Name}': its task is {model.Task.ToString().ToLowerInvariant()}", "model");
            return false;
        }

        model = null;
        // As with a server that holds one model of another kind.
        error = name.Length == 0 ? new(ErrorCause.WrongTask, $"no model here serves {route}", "model") : ApiError.From(missing!);
        return false;
    }

    /// <summary>Why a number of inputs cannot be taken; null when it can.</summary>
    public static ApiError? CheckCount(string field, int count, ApiOptions options)
    {
        if (count == 0)
            return new(ErrorCause.Empty, $"`{field}` cannot be empty", field);
        return count > options.MaxClientBatchSize
            ? new(ErrorCause.TooLarge, $"batch size {count} > maximum allowed batch size {options.MaxClientBatchSize}", field)
            : null;
    }

    private void ReadDirection(ref RequestJson json)
    {
        var direction = json.Text("truncation_direction");
        if (direction is null)
            return;
        _left = direction.Equals("left", StringComparison.OrdinalIgnoreCase);
        if (!_left && !direction.Equals("right", StringComparison.OrdinalIgnoreCase))
            json.Fail(ErrorCause.WrongType, "truncation_direction must be left or right", "truncation_direction");
    }
}
