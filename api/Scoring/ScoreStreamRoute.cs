using System.Globalization;
using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Scoring;

/// <summary>
/// <c>POST /v1/score/stream</c>: JSON lines in, JSON lines out, in order, of any number. A few groups of lines are in flight; nothing more
/// is read until the client has taken answers, so a client must read while it writes. A line that cannot be scored gets an error of its own.
/// </summary>
internal sealed class ScoreStreamRoute(IInferenceBackend backend, ApiOptions options)
{
    private const int MaxLineBytes = 1 << 20;
    private const int GroupsInFlight = 8;
    private static readonly string[] MediaTypes = ["application/x-ndjson", "application/jsonl", "application/json-lines", "application/x-jsonlines"];
    private static readonly MinDataRate Patient = new(bytesPerSecond: 1, gracePeriod: TimeSpan.FromMinutes(5));

    public async Task RunAsync(HttpContext context)
    {
        if (await AnswerAsync(context) is { } error)
            await ProblemProtocol.Instance.WriteErrorAsync(context, error);
    }

    private async ValueTask<ApiError?> AnswerAsync(HttpContext context)
    {
        if (!MediaTypes.Contains(MediaTypeOf(context.Request), StringComparer.OrdinalIgnoreCase))
            return new(ErrorCause.MediaType, "Expected request with `Content-Type: application/x-ndjson`");
        if (!TryReadQuery(context.Request.Query, out var fields, out var error))
            return error;
        if (!RequestHeaders.TryRead(context, out var headers, out error))
            return error;
        if (RequestBody.Decompressed(context.Request, out var encoding) is not { } body)
            return new(ErrorCause.MediaType, $"Content-Encoding '{encoding}' is not supported: use gzip or deflate");
        // Someone waits for a request, nobody for each line of a million.
        var priority = context.Request.Headers.ContainsKey(RequestHeaders.PriorityName) ? headers.Priority : Priority.Bulk;
        Unlimit(context);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            if (headers.Timeout is { } timeout)
                deadline.CancelAfter(timeout);
            return await StreamAsync(context, body, fields, priority, deadline.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return new(ErrorCause.DeadlineExceeded, "the deadline passed before the stream's end");
        }
        catch (InvalidDataException)
        {
            return new(ErrorCause.BodyUnreadable, $"the body is not valid {encoding}");
        }
        catch (IOException e) when (RequestBody.IsMalformed(e, context))
        {
            return new(ErrorCause.BodyUnreadable, $"the body cannot be read: {e.Message}", Status: StatusCodes.Status400BadRequest);
        }
    }

    private async ValueTask<ApiError?> StreamAsync(HttpContext context, Stream body, ScoreFields fields, Priority priority, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var groups = Channel.CreateBounded<(StreamGroup Group, Task<ApiError?> Scored)>(GroupsInFlight);
        var reading = ReadAsync(body, fields, priority, groups.Writer, stopping.Token);
        using var reply = new Reply(64 << 10);
        try
        {
            if (await WriteAsync(context, reply, groups.Reader, cancellation) is { } fatal)
                return fatal;
            // A body that cannot be read to its end is no success, whatever was answered before.
            await reading;
            if (!context.Response.HasStarted)
                context.Response.ContentType = MediaTypes[0];
            await reply.CompleteAsync(context);
            return null;
        }
        finally
        {
            // However it ended, nothing goes on behind the answer: the reader stops, and what is in flight is waited for.
            await stopping.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await foreach (var (group, scored) in groups.Reader.ReadAllAsync(CancellationToken.None))
            {
                await ((Task)scored).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                group.Dispose();
            }
        }
    }

    private async Task ReadAsync(
        Stream body, ScoreFields fields, Priority priority, ChannelWriter<(StreamGroup Group, Task<ApiError?> Scored)> groups, CancellationToken cancellation)
    {
        var pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 64 << 10, leaveOpen: true));
        try
        {
            var lines = new LineReader(pipe, MaxLineBytes);
            var index = 0L;
            while (await lines.WaitAsync(cancellation))
            {
                // What has arrived goes off at once: whoever sends one line may wait for its answer before sending the next.
                var group = new StreamGroup(fields);
                while (lines.TryRead(out var line, out var tooLong))
                {
                    group.Add(tooLong
                        ? new StreamLine(index++, null, null, new(ErrorCause.TooLarge, $"the line is longer than {MaxLineBytes} bytes"))
                        : StreamLine.Parse(index++, line));
                    if (!group.IsFull)
                        continue;
                    await SendAsync(group);
                    group = new StreamGroup(fields);
                }

                if (!group.IsEmpty)
                    await SendAsync(group);
            }
        }
        finally
        {
            groups.Complete();
            await pipe.CompleteAsync();
        }

        async ValueTask SendAsync(StreamGroup group)
        {
            // Room first: what is being scored counts as in flight.
            if (await groups.WaitToWriteAsync(cancellation))
                groups.TryWrite((group, group.ScoreAsync(backend, priority, cancellation)));
        }
    }

    private static async ValueTask<ApiError?> WriteAsync(HttpContext context, Reply reply, ChannelReader<(StreamGroup Group, Task<ApiError?> Scored)> groups, CancellationToken cancellation)
    {
        await foreach (var (group, scored) in groups.ReadAllAsync(cancellation))
        {
            using (group)
            {
                if (await scored is { } fatal)
                {
                    // Not begun, the answer can still say so by its status; begun, by breaking off after what is done.
                    if (context.Response.HasStarted)
                        await reply.FlushAsync(context);
                    return fatal;
                }

                context.Response.ContentType ??= MediaTypes[0];
                group.Write(reply);
            }

            if (groups.TryPeek(out var next) && next.Scored.IsCompleted)
                await reply.SendPartAsync(context);
            else
                await reply.FlushAsync(context);
        }

        return null;
    }

    private bool TryReadQuery(IQueryCollection query, out ScoreFields fields, out ApiError? error)
    {
        error = null;
        fields = new ScoreFields
        {
            Detectors = query["detectors"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            ReturnScores = Flag("return_scores", false, ref error),
            ReturnEmbeddings = Flag("return_embeddings", false, ref error),
            Truncation = Flag("truncate", options.AutoTruncate, ref error) ? Truncation.Right : Truncation.Refuse,
        };
        if (query["threshold"].ToString() is { Length: > 0 } text)
        {
            if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var threshold))
                fields = fields with { Threshold = threshold };
            else
                error ??= new(ErrorCause.WrongType, "threshold must be a number", "threshold");
        }

        error ??= fields.Check();
        return error is null;

        bool Flag(string name, bool otherwise, ref ApiError? wrong)
        {
            var value = query[name].ToString();
            if (value.Length > 0 && !bool.TryParse(value, out otherwise))
                wrong ??= new(ErrorCause.WrongType, $"{name} must be true or false", name);
            return otherwise;
        }
    }

    private static string MediaTypeOf(HttpRequest request) => (request.ContentType ?? "").Split(';')[0].Trim();

    /// <summary>A stream has no size, and pauses while the other side works: only a dead connection is too slow.</summary>
    private static void Unlimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request)
            request.MinDataRate = Patient;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } response)
            response.MinDataRate = Patient;
    }
}
