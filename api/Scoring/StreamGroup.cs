using System.Buffers;
using System.Text.Json;
using Orrery.Api.Http;
using Orrery.Engine;

namespace Orrery.Api.Scoring;

/// <summary>One line of a stream: its text or why it has none, then its answer.</summary>
internal sealed record StreamLine(long Index, byte[]? Id, string? Text, ApiError? Error)
{
    /// <summary>Reads a line: a JSON string, or an object with <c>input</c> and, if its sender likes, <c>id</c>.</summary>
    public static StreamLine Parse(long index, ReadOnlySequence<byte> bytes)
    {
        var line = bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray();
        line = line.Trim(" \t\r"u8);
        if (line[0] == (byte)'"')
            return ParseText(index, line);
        var json = new RequestJson(line);
        string? text = null;
        byte[]? id = null;
        while (json.NextField())
        {
            if (json.Is("input"u8))
                text = json.Text("input");
            else if (json.Is("id"u8))
                id = json.Scalar("id");
            else
                json.Skip();
        }

        var error = json.End() ?? (text is null ? new ApiError(ErrorCause.Empty, "input is missing", "input") : null);
        return new(index, id, text, error is null ? null : error with { Message = error.Message.Replace("the body", "the line", StringComparison.Ordinal) });
    }

    private static StreamLine ParseText(long index, ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        try
        {
            if (JsonBytes.Check(line) is { } wrong)
                return new(index, null, null, new(ErrorCause.MalformedJson, "the line " + wrong));
            reader.Read();
            var text = reader.GetString()!;
            // Anything after the string throws.
            reader.Read();
            return new(index, null, text, null);
        }
        catch (JsonException)
        {
            return new(index, null, null, new(ErrorCause.MalformedJson, "the line is not valid JSON"));
        }
    }
}

/// <summary>Lines that are scored together and answered in order.</summary>
internal sealed class StreamGroup(ScoreFields fields) : IDisposable
{
    private const int MaxLines = 64;
    private const int MaxCharacters = 256 << 10;

    private readonly List<StreamLine> _lines = [];
    private readonly List<(DetectOutput? Output, int Row, ApiError? Error)> _answers = [];
    private readonly List<DetectOutput> _outputs = [];
    private int _characters;

    /// <summary>Whether it should be sent off.</summary>
    public bool IsFull => _lines.Count == MaxLines || _characters >= MaxCharacters;

    public bool IsEmpty => _lines.Count == 0;

    public void Add(StreamLine line)
    {
        _lines.Add(line);
        _characters += line.Text?.Length ?? 0;
    }

    /// <summary>Scores the lines.</summary>
    /// <returns>What no line is to blame for, and ends the stream; null when every line has its answer.</returns>
    public async Task<ApiError?> ScoreAsync(IInferenceBackend backend, Priority priority, CancellationToken cancellation)
    {
        var texts = new List<TextInput>(_lines.Count);
        foreach (var line in _lines)
        {
            if (line.Error is null)
                texts.Add(TextInput.Of(line.Text!));
        }

        var whole = texts.Count == 0 ? default : await DetectAsync(backend, texts, priority, cancellation);
        var row = 0;
        foreach (var line in _lines)
        {
            if (line.Error is { } unread)
                _answers.Add((null, 0, unread));
            else if (whole.Value is { } output)
                _answers.Add((output, row++, null));
            else if (!IsAboutText(whole.Error!))
                return ApiError.From(whole.Error!);
            else
                AddAlone(texts.Count == 1 ? whole : await DetectAsync(backend, [TextInput.Of(line.Text!)], priority, cancellation));
        }

        return null;
    }

    /// <summary>Writes a line of JSON for each line.</summary>
    public void Write(Reply reply)
    {
        for (var i = 0; i < _lines.Count; i++)
        {
            var ((output, row, error), line) = (_answers[i], _lines[i]);
            reply.Raw("{\"index\":"u8);
            reply.Number(line.Index);
            if (line.Id is { } id)
            {
                reply.Raw(",\"id\":"u8);
                reply.Raw(id);
            }

            reply.Raw(","u8);
            if (error is null)
            {
                fields.Write(reply, output!, row);
            }
            else
            {
                reply.Raw("\"error\":"u8);
                reply.String(error.Message);
            }

            reply.Raw("}\n"u8);
        }
    }

    public void Dispose()
    {
        foreach (var output in _outputs)
            output.Dispose();
    }

    private void AddAlone(Outcome<DetectOutput> alone) =>
        _answers.Add(alone.TryGet(out var output, out var error) ? (output, 0, null) : (null, 0, ApiError.From(error, ("inputs[0]", "input"), ("inputs", "input"))));

    /// <summary>A stream waits where a request would be told to come back: that is its backpressure.</summary>
    private async Task<Outcome<DetectOutput>> DetectAsync(IInferenceBackend backend, IReadOnlyList<TextInput> texts, Priority priority, CancellationToken cancellation)
    {
        while (true)
        {
            var answer = await backend.DetectAsync(fields.Request(texts, priority, null), cancellation);
            if (answer.Value is { } output)
                _outputs.Add(output);
            if (answer.Error is not { Kind: InferenceErrorKind.Overloaded } busy)
                return answer;
            await Task.Delay(busy.RetryAfter ?? TimeSpan.FromSeconds(1), cancellation);
        }
    }

    private static bool IsAboutText(InferenceError error) =>
        error.Kind is InferenceErrorKind.Empty or InferenceErrorKind.TooLarge or InferenceErrorKind.Invalid or InferenceErrorKind.Unprocessable or InferenceErrorKind.Failed
        && error.Field is null or "inputs";
}
