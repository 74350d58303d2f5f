using Orrery.Engine.Entities;
using Orrery.Engine.Tests.Support;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Tests.Entities;

/// <summary>Tokens to entities, by the rules of transformers' pipeline.</summary>
public sealed class EntityGroupsTests
{
    private static readonly string[] s_labels = ["O", "B-PER", "I-PER", "MISC", "S-LOC"];

    private readonly EntityGroups _groups = new(s_labels, Tokenizer.FromDirectory(Repository.Fixture("models", "tiny-mean")));

    [Fact]
    public void Keeps_each_token_when_told()
    {
        var entities = _groups.Of([Token(1, "ab", 0, "B-PER"), Token(2, "##c", 2, "O", continues: true)], EntityAggregation.None);
        Assert.Equal([("B-PER", "ab", 1), ("O", "##c", 2)], entities.Select(entity => (entity.Label, entity.Word, entity.Index!.Value)));
    }

    [Fact]
    public void Begins_anew_at_b_and_at_another_kind_only()
    {
        var entities = _groups.Of(
            [Token(1, "a", 0, "I-PER"), Token(2, "b", 2, "I-PER"), Token(3, "c", 4, "B-PER"), Token(4, "d", 6, "I-PER"), Token(5, "e", 8, "MISC"), Token(6, "f", 10, "MISC"), Token(7, "g", 12, "S-LOC")],
            EntityAggregation.Simple);
        Assert.Equal([("PER", "a b", 0, 3), ("PER", "c d", 4, 7), ("MISC", "e f", 8, 11), ("LOC", "g", 12, 13)], entities.Select(entity => (entity.Label, entity.Word, entity.Start, entity.End)));
        Assert.All(entities, entity => Assert.Null(entity.Index));
    }

    [Fact]
    public void Scores_a_group_by_the_mean_of_its_parts()
    {
        var entities = _groups.Of([Token(1, "a", 0, "I-PER", 0.9f), Token(2, "b", 2, "I-PER", 0.5f)], EntityAggregation.Simple);
        Assert.Equal(0.7f, Assert.Single(entities).Score, 1e-6f);
    }

    [Theory]
    [InlineData(EntityAggregation.First, "O", 0.6f)]
    [InlineData(EntityAggregation.Max, "PER", 0.9f)]
    [InlineData(EntityAggregation.Average, "PER", (0.2f + 0.9f + 0.3f) / 3)]
    public void Gives_a_word_one_label(EntityAggregation aggregation, string label, float score)
    {
        var entities = _groups.Of(
            [Scored(1, "ab", 0, false, 0.6f, 0, 0.2f), Scored(2, "##cd", 2, true, 0.1f, 0, 0.9f), Scored(3, "##e", 4, true, 0.4f, 0, 0.3f)], aggregation);
        var word = Assert.Single(entities);
        Assert.Equal((label, "abcde", 0, 5), (word.Label, word.Word, word.Start, word.End));
        Assert.Equal(score, word.Score, 1e-6f);
    }

    [Fact]
    public void Finds_nothing_in_nothing() => Assert.Empty(_groups.Of([], EntityAggregation.Average));

    private static LabelledToken Token(int index, string word, int start, string label, float score = 0.9f, bool continues = false)
    {
        var scores = new float[s_labels.Length];
        scores[Array.IndexOf(s_labels, label)] = score;
        return new LabelledToken(index, word, start, start + word.TrimStart('#').Length, continues, scores);
    }

    private static LabelledToken Scored(int index, string word, int start, bool continues, params float[] scores) =>
        new(index, word, start, start + word.TrimStart('#').Length, continues, [.. scores, 0, 0]);
}
