using System.Numerics.Tensors;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Entities;

/// <summary>
/// Tokens to words and entities, by the rules of transformers' TokenClassificationPipeline
/// (https://huggingface.co/docs/transformers/main_classes/pipelines#transformers.TokenClassificationPipeline). Places are UTF-16 units.
/// </summary>
internal sealed class EntityGroups(IReadOnlyList<string> labels, Tokenizer tokenizer)
{
    private const string Begin = "B-";
    private const string Inside = "I-";

    /// <summary>The entities of a text, in order, those without an interesting label included.</summary>
    public List<Entity> Of(List<LabelledToken> tokens, EntityAggregation aggregation)
    {
        var single = aggregation is EntityAggregation.None or EntityAggregation.Simple ? tokens.ConvertAll(OfToken) : Words(tokens, aggregation);
        return aggregation == EntityAggregation.None ? single : Groups(single);
    }

    private Entity OfToken(LabelledToken token)
    {
        var best = TensorPrimitives.IndexOfMax<float>(token.Scores);
        return new Entity(labels[best], token.Scores[best], token.Index, token.Word, token.Start, token.End);
    }

    private List<Entity> Words(List<LabelledToken> tokens, EntityAggregation aggregation)
    {
        var words = new List<Entity>();
        for (int start = 0, end; start < tokens.Count; start = end)
        {
            end = start + 1;
            while (end < tokens.Count && tokens[end].Continues)
                end++;
            words.Add(Word(tokens[start..end], aggregation));
        }

        return words;
    }

    private Entity Word(List<LabelledToken> tokens, EntityAggregation aggregation)
    {
        var scores = aggregation switch
        {
            EntityAggregation.First => tokens[0].Scores,
            EntityAggregation.Max => tokens.MaxBy(token => TensorPrimitives.Max<float>(token.Scores))!.Scores,
            _ => Mean(tokens),
        };
        var best = TensorPrimitives.IndexOfMax<float>(scores);
        return new Entity(labels[best], scores[best], null, tokenizer.Join([.. tokens.Select(token => token.Word)]), tokens[0].Start, tokens[^1].End);
    }

    private static float[] Mean(List<LabelledToken> tokens)
    {
        var mean = new float[tokens[0].Scores.Length];
        foreach (var token in tokens)
            TensorPrimitives.Add(mean, token.Scores, mean);
        TensorPrimitives.Divide(mean, tokens.Count, mean);
        return mean;
    }

    private List<Entity> Groups(List<Entity> parts)
    {
        var groups = new List<Entity>();
        for (int start = 0, end; start < parts.Count; start = end)
        {
            end = start + 1;
            // What begins anew is another entity, though of the same kind.
            while (end < parts.Count && !parts[end].Label.StartsWith(Begin, StringComparison.Ordinal) && Kind(parts[end].Label) == Kind(parts[end - 1].Label))
                end++;
            groups.Add(Group(parts[start..end]));
        }

        return groups;
    }

    private Entity Group(List<Entity> parts)
    {
        var label = parts[0].Label;
        // The pipeline names a group by what follows the first hyphen, whatever stands before it (S-PER too).
        var hyphen = label.IndexOf('-', StringComparison.Ordinal);
        return new Entity(
            hyphen < 0 ? label : label[(hyphen + 1)..], parts.Average(part => part.Score), null, tokenizer.Join([.. parts.Select(part => part.Word)]), parts[0].Start, parts[^1].End);
    }

    /// <summary>A label without B- or I-; one that has neither counts as inside.</summary>
    private static string Kind(string label) =>
        label.StartsWith(Begin, StringComparison.Ordinal) || label.StartsWith(Inside, StringComparison.Ordinal) ? label[2..] : label;
}
