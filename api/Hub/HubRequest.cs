using Orrery.Api.Http;
using Orrery.Api.Tei;

namespace Orrery.Api.Hub;

/// <summary>A body of "inputs" and "parameters", read.</summary>
/// <param name="Inputs">The texts.</param>
/// <param name="Parameters">What else it says.</param>
internal sealed record HubRequest(HubInputs Inputs, HubParameters Parameters)
{
    /// <summary>Reads a body.</summary>
    /// <param name="exchange">The request.</param>
    /// <param name="options">The limits.</param>
    /// <param name="request">What it says, when nothing is wrong.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static ApiError? Read(JsonExchange exchange, ApiOptions options, out HubRequest request)
    {
        var json = new RequestJson(exchange.Body.Span);
        var inputs = default(HubInputs);
        var parameters = new HubParameters();
        while (json.NextField())
        {
            if (json.Is("inputs"u8))
                inputs = HubInputs.Read(ref json, options.MaxClientBatchSize);
            else if (json.Is("parameters"u8))
                parameters.ReadObject(ref json);
            else if (json.Is("model"u8) || json.Is("options"u8))
                // The model is chosen already; "options" (use_cache, wait_for_model) are for the hub's own queue.
                json.Skip();
            else
                parameters.ReadField(ref json);
        }

        request = new HubRequest(inputs, parameters);
        var error = json.End();
        if (error is null && inputs.Items is null)
            error = new(ErrorCause.WrongType, "missing field `inputs`", "inputs");
        return error ?? TeiFields.CheckCount("inputs", inputs.Count, options);
    }
}
