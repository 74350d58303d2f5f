using System.Numerics.Tensors;
using Orrery.Engine;
using Orrery.Training.Data;
using Orrery.Training.Features;

namespace Orrery.Standalone.Training;

/// <summary>How texts become rows of numbers for a head.</summary>
/// <param name="Model">The model.</param>
/// <param name="Pooling">null for the model's own.</param>
/// <param name="Layer">null for the last.</param>
/// <param name="Prompt">null for the model's default.</param>
internal sealed record EmbeddingChoice(ModelInfo Model, Pooling? Pooling, string? Layer, string? Prompt);

/// <summary>Embeds the rows of a file in bulk, as the requests of the API would be embedded.</summary>
internal sealed class BulkEmbedder(LocalBackend backend, EmbeddingChoice choice)
{
    private const int BlockRows = 256;
    private const int InFlight = 4;

    /// <summary>Embeds texts; or of pairs, gives the similarity: the cosine, or a cross-encoder's raw score.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="pairs">Whether each is a pair of texts.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A row of numbers for each row, and the labels.</returns>
    /// <exception cref="CommandException">A row cannot be embedded; the message names its line.</exception>
    public async Task<(Matrix Rows, List<string?> Labels)> EmbedAsync(IEnumerable<TextRow> rows, bool pairs, CancellationToken cancellation)
    {
        var values = new List<float[]>();
        var labels = new List<string?>();
        var columns = pairs ? 1 : 0;
        await foreach (var (block, numbers) in InOrder.SelectAsync(rows.Chunk(BlockRows), block => !pairs ? EmbeddedAsync(block, cancellation) : choice.Model.Task == ModelTask.Reranker ? ScoredAsync(block, cancellation) : ComparedAsync(block, cancellation), InFlight, cancellation))
        {
            values.Add(numbers);
            columns = numbers.Length / block.Length;
            labels.AddRange(block.Select(row => row.Label));
        }

        var matrix = new Matrix(labels.Count, columns);
        var at = 0;
        foreach (var numbers in values)
        {
            numbers.CopyTo(matrix.Values[at..]);
            at += numbers.Length;
        }

        return (matrix, labels);
    }

    private async Task<(TextRow[] Block, float[] Rows)> EmbeddedAsync(TextRow[] block, CancellationToken cancellation)
    {
        var request = new EmbedRequest
        {
            Model = choice.Model.Name,
            Version = choice.Model.Digest,
            Inputs = [.. block.Select(row => TextInput.Of(row.Text))],
            Pooling = choice.Pooling,
            Layer = choice.Layer,
            PromptName = choice.Prompt,
            Truncation = Truncation.Right,
            Priority = Priority.Bulk,
        };
        if (!(await backend.EmbedAsync(request, cancellation)).TryGet(out var output, out var error))
            throw Located(error, block);
        using (output)
        {
            return TensorPrimitives.IsFiniteAll(output.All.Span)
                ? (block, output.All.ToArray())
                : throw new CommandException($"lines {block[0].Line} to {block[^1].Line}: the model gave numbers that are not finite");
        }
    }

    private async Task<(TextRow[] Block, float[] Rows)> ComparedAsync(TextRow[] block, CancellationToken cancellation)
    {
        var request = new CompareRequest
        {
            Model = choice.Model.Name,
            Inputs = [.. block.Select(row => TextInput.OfPair(row.Text, row.Texts[1]))],
            Truncation = Truncation.Right,
            Priority = Priority.Bulk,
        };
        var answer = await backend.CompareAsync(request, cancellation);
        return answer.TryGet(out var output, out var error) ? (block, [.. output.Pairs.Select(pair => pair.Similarity)]) : throw Located(error, block);
    }

    private async Task<(TextRow[] Block, float[] Rows)> ScoredAsync(TextRow[] block, CancellationToken cancellation)
    {
        var request = new ScoreRequest
        {
            Model = choice.Model.Name,
            Version = choice.Model.Digest,
            Inputs = [.. block.Select(row => TextInput.OfPair(row.Text, row.Texts[1]))],
            Truncation = Truncation.Right,
            Priority = Priority.Bulk,
        };
        if (!(await backend.ScoreAsync(request, cancellation)).TryGet(out var output, out var error))
            throw Located(error, block);
        using (output)
            return (block, output.All[..output.Count].ToArray());
    }

    /// <summary>The engine numbers a block's texts; the user knows lines of a file.</summary>
    public static CommandException Located(InferenceError error, TextRow[] block) => Located(error.Message, "inputs[", block);

    /// <summary>Says of which line a message is that names one of a block's texts by its number.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="prefix">How the message begins before the number.</param>
    /// <param name="block">The texts.</param>
    public static CommandException Located(string message, string prefix, TextRow[] block)
    {
        if (message.StartsWith(prefix, StringComparison.Ordinal) && message.IndexOf(']', StringComparison.Ordinal) is var end and > 0
            && int.TryParse(message.AsSpan(prefix.Length, end - prefix.Length), out var index) && index < block.Length)
            return new CommandException($"line {block[index].Line}: the text{message[(end + 1)..]}");
        return new CommandException(message);
    }
}
