using System.Globalization;
using Orrery.Engine;
using Orrery.Standalone.Training;
using Orrery.Training.Data;

namespace Orrery.Standalone.Vectors;

/// <summary>Embeds a block of texts and keeps the vectors, durable when it is answered.</summary>
internal interface IBlockKeeper
{
    /// <summary>What embeds, the same text for the same vectors.</summary>
    string Model { get; }

    /// <returns>Records that wait in an outbox.</returns>
    /// <exception cref="CommandException">A row cannot be embedded or kept; the message names its line.</exception>
    Task<int> KeepAsync(TextRow[] block, UpsertTarget target, CancellationToken cancellation);
}

/// <summary>One file on its way into a namespace.</summary>
/// <param name="keeper">What embeds and keeps.</param>
/// <param name="data">The file.</param>
/// <param name="columns">What is kept of each row beside its vector.</param>
/// <param name="target">Where to; its ids are each block's.</param>
internal sealed class EmbedJob(IBlockKeeper keeper, LabelledFile data, MetadataColumns columns, UpsertTarget target)
{
    private const int BlockRows = 256;
    private const int InFlight = 4;

    /// <summary>Records that wait in an outbox.</summary>
    public long Queued { get; private set; }

    /// <summary>What is done to what: the same text for the same job.</summary>
    public async Task<string> DescribeAsync(CancellationToken cancellation) =>
        string.Join('\n', await data.DigestAsync(cancellation), keeper.Model, target.Index, target.Namespace, columns.Describe());

    /// <summary>Embeds and keeps the rows that are not done, and notes after each block how far it came.</summary>
    /// <exception cref="CommandException">A row cannot be embedded or kept; the message names its line.</exception>
    public async Task RunAsync(ResumeNote note, Action<double> progress, CancellationToken cancellation)
    {
        var bytes = Math.Max(1.0, new FileInfo(data.Path).Length);
        var blocks = data.Read(note.Rows, cancellation).Chunk(BlockRows);
        await foreach (var (block, queued) in InOrder.SelectAsync(blocks, KeepAsync, InFlight, cancellation))
        {
            Queued += queued;
            note.Write(block[^1].Number + 1);
            progress(Math.Min(1, block[^1].Offset / bytes));
        }

        progress(1);

        async Task<(TextRow[] Block, int Queued)> KeepAsync(TextRow[] block) => (block, await keeper.KeepAsync(block, Target(block), cancellation));
    }

    private UpsertTarget Target(TextRow[] block) => target with
    {
        Ids = [.. block.Select(row => row.Id ?? row.Number.ToString(CultureInfo.InvariantCulture))],
        Metadata = columns.IsEmpty ? [] : [.. block.Select(columns.Of)],
    };
}

/// <summary>Embeds and keeps in this process.</summary>
internal sealed class LocalKeeper(LocalBackend backend, ModelInfo model) : IBlockKeeper
{
    public string Model => model.Digest;

    public async Task<int> KeepAsync(TextRow[] block, UpsertTarget target, CancellationToken cancellation)
    {
        var request = new EmbedRequest
        {
            Model = model.Name,
            Version = model.Digest,
            Inputs = [.. block.Select(row => TextInput.Of(row.Text))],
            Truncation = Truncation.Right,
            Priority = Priority.Bulk,
            Normalize = true,
            Upsert = target,
        };
        if (!(await backend.EmbedAsync(request, cancellation)).TryGet(out var output, out var error))
            throw BulkEmbedder.Located(error.Message, "inputs[", block);
        using (output)
            return output.Stored!.Queued ? output.Stored.Count : 0;
    }
}
