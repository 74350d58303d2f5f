using Orrery.Training.Data;

namespace Orrery.Training.Tests.Data;

public sealed class OtherColumnsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Carries_other_columns_along_and_lets_rows_lack_them()
    {
        Assert.Equal([["1", "x"], [null, "y"]], Read("data.csv", "n,text,id,k\n1,a,i,x\n,b,j,y\n"));
        Assert.Equal([["1", "x"], [null, null]], Read("data.jsonl", """{"text":"a","id":"i","n":1,"k":"x"}""" + "\n" + """{"text":"b","id":"j","n":null}""" + "\n"));
    }

    [Fact]
    public void Refuses_a_column_that_no_header_names_and_a_value_that_is_no_scalar()
    {
        Assert.Contains("there is no column 'k'", Assert.Throws<DataFormatException>(() => Read("data.csv", "n,text,id\n1,a,i\n")).Message, StringComparison.Ordinal);
        Assert.Contains("a number or true or false", Assert.Throws<DataFormatException>(() => Read("data.jsonl", """{"text":"a","id":"i","n":[1]}""" + "\n")).Message, StringComparison.Ordinal);
    }

    private string?[][] Read(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return [.. new LabelledFile(path, new LabelledFileOptions { IdColumn = "id", OtherColumns = ["n", "k"] }).Read().Select(row => row.Others.ToArray())];
    }
}
