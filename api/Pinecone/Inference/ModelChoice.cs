using System.Diagnostics.CodeAnalysis;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Pinecone.Inference;

/// <summary>Which of the server's models a request means: Pinecone's requests name one always.</summary>
internal static class ModelChoice
{
    /// <summary>Finds a model that does a task.</summary>
    public static bool TryFind(IInferenceBackend backend, string? name, string field, ModelTask task, [NotNullWhen(true)] out ModelInfo? model, [NotNullWhen(false)] out ApiError? error)
    {
        model = null;
        if (string.IsNullOrEmpty(name))
        {
            error = new(ErrorCause.Invalid, $"{field} is missing", field);
            return false;
        }

        if (!backend.Find(name).TryGet(out model, out var missing))
        {
            error = ApiError.From(missing);
            return false;
        }

        error = model.State == ModelState.Ready && model.Task != task
            ? new(ErrorCause.WrongTask, $"{field}: model '{name}' does not {(task == ModelTask.Embedding ? "embed" : "rerank")}: its task is {ModelLookup.TaskOf(model)}", field)
            : null;
        return error is null;
    }
}
