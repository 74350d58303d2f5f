using Orrery.Api.Http;
using Orrery.Api.Tei;
using Orrery.Engine;

namespace Orrery.Api.Hub;

/// <summary>
/// Text classification, and with <c>candidate_labels</c> zero-shot classification by a model of natural language inference. Labels come best first,
/// for classification in a list for each text, even of one: as the hub's clients expect it.
/// </summary>
internal sealed class ClassificationTask(IInferenceBackend backend, ApiOptions options)
{
    public async ValueTask<ApiError?> RunAsync(JsonExchange exchange, ModelInfo model)
    {
        if (HubRequest.Read(exchange, options, out var request) is { } error)
            return error;
        var zeroShot = request.Parameters.CandidateLabels is not null;
        if (Prepare(model, request, zeroShot, out var inputs, out var shot) is { } wrong)
            return wrong;
        var scored = new ScoreRequest
        {
            Model = model.Name,
            Inputs = inputs,
            Truncation = request.Parameters.Truncation(options),
            CutFirstOnly = zeroShot,
            Priority = exchange.Headers.Priority,
            Timeout = exchange.Headers.Timeout,
        };
        if (!(await backend.ScoreAsync(scored, exchange.Cancellation)).TryGet(out var output, out var refused))
            return ApiError.From(refused);
        using (output)
        {
            if (shot is not null)
                await WriteShotsAsync(exchange, request, shot, output);
            else
                await WriteLabelsAsync(exchange, request.Parameters, model, output);
        }

        return null;
    }

    private ApiError? Prepare(ModelInfo model, HubRequest request, bool zeroShot, out IReadOnlyList<TextInput> inputs, out ZeroShot? shot)
    {
        (inputs, shot) = (request.Inputs.Items!, null);
        if (!zeroShot)
            return request.Parameters.CheckOnly("text classification", "function_to_apply", "raw_scores", "top_k");
        var labels = request.Parameters.CandidateLabels!.Count;
        if ((long)inputs.Count * labels > options.MaxClientBatchSize)
            return new ApiError(ErrorCause.TooLarge, $"{inputs.Count} texts with {labels} candidate_labels each are {(long)inputs.Count * labels} pairs > maximum allowed batch size {options.MaxClientBatchSize}", "candidate_labels");
        return request.Parameters.CheckOnly("zero-shot classification", "candidate_labels", "multi_label", "hypothesis_template")
            ?? ZeroShot.Of(model, request.Parameters, out shot)
            ?? shot!.Pairs(inputs, out inputs);
    }

    private static async ValueTask WriteLabelsAsync(JsonExchange exchange, HubParameters parameters, ModelInfo model, TextOutput output)
    {
        var reply = exchange.Reply;
        reply.Raw("["u8);
        for (var i = 0; i < output.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            LabelScores.Write(reply, model.Labels, output[i], parameters.Function ?? model.ScoreFunction, parameters.TopK ?? int.MaxValue);
            await reply.SendPartAsync(exchange.Context);
        }

        reply.Raw("]"u8);
    }

    private static async ValueTask WriteShotsAsync(JsonExchange exchange, HubRequest request, ZeroShot shot, TextOutput output)
    {
        var reply = exchange.Reply;
        var scores = new float[shot.Labels.Count];
        if (!request.Inputs.Single)
            reply.Raw("["u8);
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            if (i > 0)
                reply.Raw(","u8);
            shot.Score(output, i * scores.Length, scores);
            LabelScores.Write(reply, shot.Labels, scores);
            await reply.SendPartAsync(exchange.Context);
        }

        if (!request.Inputs.Single)
            reply.Raw("]"u8);
    }
}
