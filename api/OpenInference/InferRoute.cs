using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Orrery.Api.Http;
using Orrery.Engine;
using Orrery.Engine.OnnxRuntime;

namespace Orrery.Api.OpenInference;

/// <summary>POST /v2/models/{model}[/versions/{version}]/infer.</summary>
internal sealed class InferRoute(IInferenceBackend backend, ApiOptions options, OpenInferenceProtocol protocol, InferStatistics statistics)
{
    /// <summary>Bytes of JSON before those of tensors.</summary>
    public const string HeaderLength = "Inference-Header-Content-Length";

    private readonly TextInference _texts = new(backend, options);

    public async Task HandleAsync(HttpContext context, string name, string? version)
    {
        var start = Stopwatch.GetTimestamp();
        var error = await AnswerAsync(context, name, version);
        if (error is not null)
            await protocol.WriteErrorAsync(context, error);
        if (backend.Find(name).TryGet(out var model, out _))
            statistics.Count(model, Stopwatch.GetElapsedTime(start), error is null);
    }

    private async ValueTask<ApiError?> AnswerAsync(HttpContext context, string name, string? version)
    {
        if (!backend.Find(name).TryGet(out var model, out var unknown))
            return ApiError.From(unknown);
        if (version is not null && !ModelVersions.Is(model, version))
            return new ApiError(ErrorCause.ModelNotFound, $"model '{name}' has no version '{version}'", "version");
        if (model.State != ModelState.Ready)
            return new ApiError(ErrorCause.ModelNotReady, $"model '{name}' is not ready: {model.Reason}", RetryAfter: TimeSpan.FromSeconds(1));
        return RequestHeaders.TryRead(context, out var headers, out var misfit)
            ? await RequestDeadline.WithinAsync(context, headers.Timeout, cancellation => InferAsync(context, model, version, headers, cancellation))
            : misfit;
    }

    private async ValueTask<ApiError?> InferAsync(HttpContext context, ModelInfo model, string? version, RequestHeaders headers, CancellationToken cancellation)
    {
        var (body, status, reason) = await RequestBody.ReadAsync(context, options.MaxBodyBytes, cancellation);
        if (body is null)
        {
            if (status != StatusCodes.Status415UnsupportedMediaType)
                return new ApiError(status == StatusCodes.Status503ServiceUnavailable ? ErrorCause.Unavailable : ErrorCause.BodyUnreadable, reason!, Status: status);
            context.Response.Headers.AcceptEncoding = "gzip, deflate";
            return new ApiError(ErrorCause.MediaType, reason!, Status: StatusCodes.Status501NotImplemented);
        }

        using (body)
        {
            if (Parse(context.Request, body.Bytes, model, out var message) is { } wrong)
                return new ApiError(ErrorCause.Invalid, wrong);
            message = message with { Priority = headers.Priority == Priority.Bulk ? Priority.Bulk : message.Priority, Timeout = headers.Sooner(message.Timeout) };
            var (outputs, error) = TextInference.Is(model, message)
                ? await _texts.RunAsync(model, ModelVersions.Digest(version), message, cancellation)
                : await TensorsAsync(model, version, message, cancellation);
            return error ?? Classify(model, message, ref outputs, cancellation) ?? await SendAsync(context, model, message, outputs!);
        }
    }

    private async ValueTask<(IReadOnlyList<NamedTensor>? Outputs, ApiError? Error)> TensorsAsync(
        ModelInfo model, string? version, InferMessage message, CancellationToken cancellation)
    {
        var request = new TensorRequest
        {
            Model = model.Name,
            Version = ModelVersions.Digest(version),
            Inputs = message.Inputs,
            Outputs = [.. message.Outputs.Select(output => output.Name)],
            Priority = message.Priority,
            Timeout = message.Timeout,
        };
        return (await backend.InferAsync(request, cancellation)).TryGet(out var output, out var error) ? (output.Outputs, null) : (null, ApiError.From(error));
    }

    private static ApiError? Classify(ModelInfo model, InferMessage message, ref IReadOnlyList<NamedTensor>? outputs, CancellationToken cancellation)
    {
        if (!message.Outputs.Any(wanted => wanted.Classes > 0))
            return null;
        var replaced = new NamedTensor[outputs!.Count];
        for (var i = 0; i < replaced.Length; i++)
        {
            replaced[i] = outputs[i];
            var wanted = message.Outputs.First(one => one.Name == replaced[i].Name);
            var labels = model.OutputLabels.GetValueOrDefault(wanted.Name, model.Labels);
            if (wanted.Classes > 0 && Classification.Of(outputs[i], wanted.Classes, labels, out replaced[i], cancellation) is { } wrong)
                return new ApiError(ErrorCause.Invalid, wrong, "outputs");
        }

        outputs = replaced;
        return null;
    }

    private static async ValueTask<ApiError?> SendAsync(HttpContext context, ModelInfo model, InferMessage message, IReadOnlyList<NamedTensor> outputs)
    {
        using var response = new Reply();
        if (InferWriter.Misfit(message, outputs) is { } unwritable)
            // The model did run: the caller can ask in another form.
            return new ApiError(ErrorCause.Unprocessable, unwritable);
        await InferWriter.SendAsync(context, response, model, message, outputs);
        return null;
    }

    private static string? Parse(HttpRequest request, ReadOnlyMemory<byte> body, ModelInfo model, out InferMessage message)
    {
        message = new InferMessage();
        if (!request.Headers.TryGetValue(HeaderLength, out var header))
            return InferReader.Read(body, null, out message);
        if (!int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var length))
            return $"{HeaderLength} must be an integer from 0 to {int.MaxValue}";
        if (length > body.Length)
            return $"{HeaderLength} is {length}, but the body has {body.Length} bytes";
        return length == 0 ? RawRequest(body, model, out message) : InferReader.Read(body, length, out message);
    }

    /// <summary>A body that is nothing but the only input of the graph, as a batch of one; all outputs come as bytes.</summary>
    private static string? RawRequest(ReadOnlyMemory<byte> body, ModelInfo model, out InferMessage message)
    {
        message = new InferMessage { BinaryOutputs = true };
        if (model.Task != ModelTask.Tensor)
        {
            var text = new NamedTensor { Name = TextInference.InputName, Type = OrtElementType.String, Shape = [1], Strings = [body] };
            message = message with { Inputs = [text] };
            return null;
        }

        if (model.Inputs is not [var input])
            return $"a raw request needs a model with one input; '{model.Name}' has {model.Inputs.Length}";
        if (input.ElementType == OrtElementType.String)
        {
            message = message with { Inputs = [new NamedTensor { Name = input.Name, Type = input.ElementType, Shape = [1], Strings = [body] }] };
            return null;
        }

        // The first dynamic size is the batch, of one; one more may vary, and takes what the bytes leave.
        var shape = input.Shape.ToArray();
        var fixedElements = 1L;
        var open = -1;
        for (var i = 0; i < shape.Length; i++)
        {
            if (shape[i] < 0 && i == 0)
                shape[i] = 1;
            if (shape[i] >= 0)
                fixedElements *= shape[i];
            else if (open < 0)
                open = i;
            else
                return $"a raw request needs at most one size that varies; input '{input.Name}' has more";
        }

        var elements = body.Length / input.ElementType.SizeOf();
        if (open >= 0)
            shape[open] = fixedElements == 0 ? 0 : elements / fixedElements;
        message = message with { Inputs = [new NamedTensor { Name = input.Name, Type = input.ElementType, Shape = shape, Data = body }] };
        return null;
    }
}
