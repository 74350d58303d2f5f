using FsCheck;
using FsCheck.Fluent;
using Orrery.Training.Selection;

namespace Orrery.Training.Tests.Selection;

public sealed class StratifiedFoldsTests
{
    private static readonly Gen<(int[] Labels, int Classes, int Folds, int Seed)> Cases =
        from classes in Gen.Choose(2, 6)
        from labels in Gen.Choose(0, classes - 1).ArrayOf()
        from folds in Gen.Choose(2, 7)
        from seed in Gen.Choose(0, int.MaxValue)
        select (labels, classes, folds, seed);

    [Fact]
    public void Folds_differ_by_one_row_at_most_in_each_class_and_in_all() => Check.One(
        Config.QuickThrowOnFailure, Prop.ForAll(Cases.ToArbitrary(), given =>
        {
            int[] fold = StratifiedFolds.Assign(given.Labels, given.Classes, given.Folds, given.Seed);
            bool Even(Func<int, bool> counted)
            {
                int[] counts = new int[given.Folds];
                for (int row = 0; row < fold.Length; row++)
                    counts[fold[row]] += counted(row) ? 1 : 0;
                return counts.Max() - counts.Min() <= 1;
            }
            return Even(_ => true) && Enumerable.Range(0, given.Classes).All(c => Even(row => given.Labels[row] == c));
        }));

    [Fact]
    public void A_split_keeps_every_class_on_both_sides_in_proportion() => Check.One(
        Config.QuickThrowOnFailure, Prop.ForAll(Cases.ToArbitrary(), given =>
        {
            var (training, evaluation) = StratifiedFolds.Split(given.Labels, given.Classes, 0.25, given.Seed);
            bool whole = training.Concat(evaluation).Order().SequenceEqual(Enumerable.Range(0, given.Labels.Length));
            return whole && Enumerable.Range(0, given.Classes).All(c =>
            {
                int all = given.Labels.Count(label => label == c), aside = evaluation.Count(row => given.Labels[row] == c);
                return all < 2 ? aside == 0 : aside >= 1 && aside < all && Math.Abs(aside - 0.25 * all) < 1;
            });
        }));

    [Fact]
    public void The_seed_decides()
    {
        int[] labels = [.. Enumerable.Range(0, 200).Select(row => row % 3)];

        Assert.Equal(StratifiedFolds.Assign(labels, 3, 5, 1), StratifiedFolds.Assign(labels, 3, 5, 1));
        Assert.NotEqual(StratifiedFolds.Assign(labels, 3, 5, 1), StratifiedFolds.Assign(labels, 3, 5, 2));
        Assert.Equal(StratifiedFolds.Split(labels, 3, 0.2, 1).Evaluation, StratifiedFolds.Split(labels, 3, 0.2, 1).Evaluation);
    }
}
