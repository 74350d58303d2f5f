using System.Collections.Immutable;
using Orrery.Engine.Tokenization;
using Orrery.Onnx;

namespace Orrery.Engine.Models;

/// <summary>
/// What of a model's files is read otherwise than by earlier releases of this server, which left it out in silence. Such a version has
/// another digest than it had, though its files are the same: heads and vectors made from its former answers do not fit those of now.
/// A model that is read as it always was keeps its digest.
/// </summary>
internal static class ReadingChanges
{
    /// <summary>The changes, as file and key; none for most models.</summary>
    /// <param name="manifest">What the files say.</param>
    /// <param name="tokenizer">Null for models of raw tensors.</param>
    /// <param name="outline">Null where the graph cannot be read.</param>
    public static ImmutableArray<string> Of(ModelManifest manifest, Tokenizer? tokenizer, GraphOutline? outline)
    {
        if (tokenizer is null || manifest.Task == ModelTask.Tensor)
            return [];
        var changes = ImmutableArray.CreateBuilder<string>();
        if (manifest.Modules is { } modules && (modules.Pooling != modules.FormerPooling || !modules.IncludePrompt))
            changes.Add(modules.Place);
        if (manifest.Modules is null && outline is not null && Names(outline.Output).Contains("text_embeds") && !Names(outline.Output).Contains("sentence_embedding"))
            changes.Add("the graph's output text_embeds");
        if (manifest.TruncateDimensions is not null)
            changes.Add("config_sentence_transformers.json: truncate_dim");
        if (manifest.FirstPosition > 0 && outline is not null && Names(outline.Input).Contains("position_ids"))
            changes.Add("config.json: model_type");
        if (Length(manifest, tokenizer) != FormerLength(manifest, tokenizer))
            changes.Add("the longest text");
        // They were softmax over several labels and sigmoid of one, whatever the files said.
        if (manifest is { Task: ModelTask.Classifier, ScoreFunction: not ScoreFunction.Softmax } or { Task: ModelTask.Reranker, ScoreFunction: ScoreFunction.Identity })
            changes.Add("config.json: problem_type, activation_fn");
        if (manifest is { Task: null, TokenHead: null } && outline is not null && Names(outline.Output).Any(name => name is "logits" or "scores") && (manifest.Labels.Length > 0 || manifest.ScoreFunction is not ScoreFunction.Softmax))
            changes.Add("config.json: id2label, problem_type");
        if (manifest is { Task: ModelTask.Reranker, DefaultPrompt: not null })
            changes.Add("config_sentence_transformers.json: default_prompt_name");
        if (manifest.Task is ModelTask.Classifier or ModelTask.Reranker && tokenizer.OtherStrategy is { } strategy)
            changes.Add(strategy);
        if (tokenizer.TruncationSide == TruncationDirection.Left)
            changes.Add("truncation_side");
        changes.AddRange(tokenizer.ReadingChanges);
        return changes.ToImmutable();
    }

    /// <summary>Tokens a text may have, special ones included. The tokenizer's own truncation counts only where nothing else says: the reference overrides it.</summary>
    public static int Length(ModelManifest manifest, Tokenizer tokenizer) =>
        Within(manifest.MaxLength ?? manifest.TokenizerMaxLength ?? (manifest.MaxPositions is null ? tokenizer.TruncationLength : null), manifest.MaxPositions);

    private static int FormerLength(ModelManifest manifest, Tokenizer tokenizer) => Within(
        manifest.MaxLength ?? Math.Min(tokenizer.TruncationLength ?? int.MaxValue, manifest.TokenizerMaxLength ?? int.MaxValue), manifest.FormerMaxPositions);

    private static int Within(int? length, int? positions) => Math.Min(length ?? int.MaxValue, positions ?? int.MaxValue) is < int.MaxValue and var limit ? limit : Unsaid;

    private static IEnumerable<string> Names(IEnumerable<ValueInfoProto> values) => values.Select(value => value.Name);

    // BERT's, where no file says.
    private const int Unsaid = 512;
}
