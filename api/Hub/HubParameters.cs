using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Hub;

/// <summary>
/// What a request may say beside its inputs, in "parameters" or in the body itself. The names are those of the hub's task pages
/// (https://huggingface.co/docs/inference-providers/tasks/index). What is not among them, or not of the model's task, is refused: it would change the answer.
/// </summary>
internal sealed class HubParameters
{
    // More labels than any model has, and more than anybody chooses from; longer ones than sentences about them may be.
    private const int MostLabels = 4096;
    private const int MostCharacters = 1024;

    private readonly List<string> _given = [];
    private bool? _truncate;
    private bool _left;

    /// <summary>Zero-shot: the labels to choose from; null when not given.</summary>
    public List<string>? CandidateLabels { get; private set; }

    /// <summary>Zero-shot: whether each label is judged by itself.</summary>
    public bool MultiLabel { get; private set; }

    /// <summary>Zero-shot: the sentence about a label, which stands for {}.</summary>
    public string HypothesisTemplate { get; private set; } = "This example is {}.";

    /// <summary>Entities: how tokens are put together.</summary>
    public EntityAggregation Aggregation { get; private set; } = EntityAggregation.Simple;

    /// <summary>Entities: labels that are left out; null for O.</summary>
    public List<string>? IgnoreLabels { get; private set; }

    /// <summary>Classification: what makes scores of logits; null for the model's own.</summary>
    public ScoreFunction? Function { get; private set; }

    /// <summary>Classification: how many of the best labels; null for all.</summary>
    public int? TopK { get; private set; }

    /// <summary>What to do with texts that are too long.</summary>
    public Truncation Truncation(ApiOptions options) =>
        !(_truncate ?? options.AutoTruncate) ? Engine.Truncation.Refuse : _left ? Engine.Truncation.Left : Engine.Truncation.Right;

    /// <summary>Why a parameter that was given is not one of a task; null when all are.</summary>
    /// <param name="task">The task, for the message.</param>
    /// <param name="allowed">Its own parameters, beside those of all tasks.</param>
    public ApiError? CheckOnly(string task, params ReadOnlySpan<string> allowed)
    {
        foreach (var name in _given)
        {
            if (!allowed.Contains(name))
                return new ApiError(ErrorCause.Unprocessable, $"{name} is no parameter of {task}", name);
        }

        return null;
    }

    /// <summary>Reads the object of parameters.</summary>
    public void ReadObject(ref RequestJson json)
    {
        if (!json.EnterObject("parameters"))
            return;
        while (json.NextField())
            ReadField(ref json, "parameters: ");
    }

    /// <summary>Reads the field the reader is at, or refuses it.</summary>
    public void ReadField(ref RequestJson json, string place = "")
    {
        if (json.Is("truncate"u8) || json.Is("truncation"u8))
            _truncate = json.Flag("truncate");
        else if (json.Is("truncation_direction"u8))
            _left = OneOf(ref json, "truncation_direction", ("right", false), ("left", true));
        else if (json.Is("candidate_labels"u8))
            CandidateLabels = ReadLabels(ref json);
        else if (json.Is("multi_label"u8))
            MultiLabel = Given("multi_label", json.Flag("multi_label")) ?? false;
        else if (json.Is("hypothesis_template"u8))
            HypothesisTemplate = ReadTemplate(ref json) ?? HypothesisTemplate;
        else if (json.Is("aggregation_strategy"u8))
            Aggregation = ReadAggregation(ref json);
        else if (json.Is("ignore_labels"u8))
            IgnoreLabels = Given("ignore_labels", ReadList(ref json, "ignore_labels", out _));
        else if (json.Is("stride"u8))
            ReadStride(ref json);
        else if (json.Is("function_to_apply"u8))
            Function = ReadFunction(ref json);
        else if (json.Is("raw_scores"u8))
            Function = Given("raw_scores", json.Flag("raw_scores")) == true ? ScoreFunction.Identity : Function;
        else if (json.Is("top_k"u8))
            TopK = ReadTopK(ref json);
        else
            json.Fail(ErrorCause.Unprocessable, $"{place}{json.FieldName} is not known here", json.FieldName);
    }

    private T Given<T>(string name, T value)
    {
        if (value is not null)
            _given.Add(name);
        return value;
    }

    private List<string>? ReadLabels(ref RequestJson json)
    {
        var labels = ReadList(ref json, "candidate_labels", out var single);
        // The pipeline takes "sports, politics" too.
        if (single)
            labels = Bounded(ref json, "candidate_labels", [.. labels![0].Split(',', MostLabels + 1, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]);
        foreach (var label in labels ?? [])
        {
            if (label.Length > MostCharacters)
                json.Fail(ErrorCause.TooLarge, $"candidate_labels must have at most {MostCharacters} characters each, not {label.Length}", "candidate_labels");
        }

        return Given("candidate_labels", labels);
    }

    private static List<string>? ReadList(ref RequestJson json, string field, out bool single) =>
        json.Texts(field, MostLabels + 1, out _, out single) is { } texts ? Bounded(ref json, field, texts) : null;

    private static List<string> Bounded(ref RequestJson json, string field, List<string> texts)
    {
        if (texts.Count > MostLabels)
            json.Fail(ErrorCause.TooLarge, $"{field} must be at most {MostLabels}", field);
        return texts;
    }

    private string? ReadTemplate(ref RequestJson json)
    {
        var template = Given("hypothesis_template", json.Text("hypothesis_template"));
        if (template?.Length > MostCharacters)
            json.Fail(ErrorCause.TooLarge, $"hypothesis_template must have at most {MostCharacters} characters, not {template.Length}", "hypothesis_template");
        return template;
    }

    private EntityAggregation ReadAggregation(ref RequestJson json)
    {
        var aggregation = OneOf(
            ref json, "aggregation_strategy", ("simple", EntityAggregation.Simple), ("none", EntityAggregation.None), ("first", EntityAggregation.First),
            ("average", EntityAggregation.Average), ("max", EntityAggregation.Max));
        _given.Add("aggregation_strategy");
        return aggregation;
    }

    private ScoreFunction? ReadFunction(ref RequestJson json)
    {
        var function = OneOf<ScoreFunction?>(ref json, "function_to_apply", ("", null), ("sigmoid", ScoreFunction.Sigmoid), ("softmax", ScoreFunction.Softmax), ("none", ScoreFunction.Identity));
        return Given("function_to_apply", function);
    }

    private int? ReadTopK(ref RequestJson json)
    {
        var most = Given("top_k", json.Integer("top_k"));
        if (most < 1)
            json.Fail(ErrorCause.Unprocessable, $"top_k must be at least 1, not {most}", "top_k");
        return most;
    }

    private static void ReadStride(ref RequestJson json)
    {
        if (json.Integer("stride") is { } stride && stride != 0)
            json.Fail(ErrorCause.Unprocessable, "stride must be 0: a text over the model's maximum is cut or refused (truncate), not read in parts; send the parts", "stride");
    }

    /// <summary>The value of a name; the first one's when it is null.</summary>
    private static T OneOf<T>(ref RequestJson json, string field, params ReadOnlySpan<(string Name, T Value)> values)
    {
        if (json.Text(field) is not { } given)
            return values[0].Value;
        var names = new List<string>();
        foreach (var (name, value) in values)
        {
            if (name.Length > 0)
                names.Add(name);
            if (name.Length > 0 && name.Equals(given, StringComparison.OrdinalIgnoreCase))
                return value;
        }

        json.Fail(ErrorCause.Unprocessable, $"{field} must be one of {string.Join(", ", names)}", field);
        return values[0].Value;
    }
}
