using Orrery.Training.Data;

namespace Orrery.Training.Tests.Data;

/// <summary>Alone: the memory of the whole process is looked at, and other tests use it too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneDefinition
{
    public const string Name = "alone";
}

[Collection(AloneDefinition.Name)]
public class LargeFileTests
{
    [Fact]
    public void A_million_rows_are_read_without_being_held()
    {
        using var file = new TemporaryFile(".csv");
        using (var writer = new StreamWriter(file.Path))
        {
            writer.Write("text,label\n");
            for (int i = 0; i < 1_000_000; i++)
                writer.Write("a question about a card that has not come yet,card\n");
        }
        long before = GC.GetTotalMemory(forceFullCollection: true), most = 0, rows = 0;
        foreach (var row in new LabelledFile(file.Path, new LabelledFileOptions { LabelColumn = "label" }).Read())
        {
            rows = row.Number + 1;
            if (rows % 100_000 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.Equal(1_000_000, rows);
        Assert.InRange(most, long.MinValue, 8_000_000);
    }
}
