namespace Orrery.Engine;

/// <summary>Which model a request means: the same rules wherever models are, in this process or in a cluster.</summary>
public static class ModelLookup
{
    /// <summary>The tasks of models that have a tokenizer, in the order in which a request without a name is served.</summary>
    public static ReadOnlySpan<ModelTask> TextTasks => [ModelTask.Embedding, ModelTask.Classifier, ModelTask.Reranker, ModelTask.TokenClassifier, ModelTask.Sparse];

    /// <summary>Models by name and alias; a name goes before an alias, and an earlier model's alias before a later one's.</summary>
    public static IReadOnlyDictionary<string, ModelInfo> Names(IReadOnlyList<ModelInfo> models)
    {
        var names = new Dictionary<string, ModelInfo>(models.Count, StringComparer.Ordinal);
        foreach (var model in models)
            names[model.Name] = model;
        foreach (var model in models)
        {
            foreach (var alias in model.Aliases)
                names.TryAdd(alias, model);
        }

        return names;
    }

    /// <summary>Finds a model by name or alias, or without a name the default one that does a task.</summary>
    /// <param name="models">All, by name.</param>
    /// <param name="names">By name and alias.</param>
    /// <param name="chosen">The default model's name; null for the preferred one that does what is asked, else the first.</param>
    /// <param name="name">The name asked for; empty for the default.</param>
    /// <param name="tasks">What the default must do; empty for anything.</param>
    /// <returns>The model, ready or not; or why there is none.</returns>
    public static Outcome<ModelInfo> Find(
        IReadOnlyList<ModelInfo> models, IReadOnlyDictionary<string, ModelInfo> names, string? chosen, string name, params ReadOnlySpan<ModelTask> tasks)
    {
        if (name.Length > 0)
            return names.TryGetValue(name, out var named) ? named : new InferenceError(InferenceErrorKind.ModelNotFound, $"model '{name}' does not exist", "model");
        if (chosen is not null && names.TryGetValue(chosen, out var preferred) && Does(preferred, tasks))
            return preferred;
        ModelInfo? best = null, waiting = null;
        foreach (var model in models)
        {
            if (Does(model, tasks) && (best is null || model.Preference > best.Preference))
                best = model;
            // What is still loading may turn out to do it: say 'not ready', not 'not found'.
            else if (model.State == ModelState.Loading && (waiting is null || model.Preference > waiting.Preference))
                waiting = model;
        }

        // Nobody is answered by another model for as long as the preferred one loads.
        if (best is null || waiting?.Preference > best.Preference)
            best = waiting;
        return best is not null ? best : new InferenceError(InferenceErrorKind.ModelNotFound, "no model here does this task", "model");
    }

    /// <summary>Whether a model's digest is the version asked for, or begins so; null asks for none.</summary>
    public static InferenceError? CheckVersion(string name, string digest, string? version) =>
        version is null || (version.Length > 0 && digest.StartsWith(version, StringComparison.Ordinal))
            ? null
            : new InferenceError(InferenceErrorKind.ModelNotFound, $"model '{name}' has no version '{version}'", "version");

    /// <summary>What requests for a model that is not ready are told.</summary>
    public static InferenceError NotReady(ModelInfo model) => new(
        InferenceErrorKind.ModelNotReady, $"model '{model.Name}' is not ready: {model.Reason}", "model", model.State == ModelState.Loading ? TimeSpan.FromSeconds(1) : null);

    /// <summary>A model's task in words; of one that takes tensors with its inputs, which tell why it takes no texts.</summary>
    public static string TaskOf(ModelInfo model) =>
        model.Task.ToString().ToLowerInvariant() + (model.Task == ModelTask.Tensor ? $", of its inputs {string.Join(", ", model.Inputs.Select(input => input.Name).Take(12))}" : "");

    private static bool Does(ModelInfo model, ReadOnlySpan<ModelTask> tasks) =>
        tasks.Length == 0 ? model.State == ModelState.Ready : model.State == ModelState.Ready && tasks.Contains(model.Task);
}
