using FsCheck;
using FsCheck.Fluent;
using Orrery.Training.Data;

namespace Orrery.Training.Tests.Data;

public sealed class ScoredFileTests
{
    private static readonly ScoredColumn[] Columns = [new("id"), new("text, \"quoted\""), new("probability", IsNumber: true)];
    private static readonly string[] Pieces = ["a", "é👍", "\"", "\"\"", ",", "\t", "\n", "\r", "\r\n", " ", "\\", "{", "}", "'", "\uFEFF", "<", "\u2028"];

    public static TheoryData<string> Extensions => [".csv", ".tsv", ".jsonl"];

    [Theory]
    [MemberData(nameof(Extensions))]
    public void What_is_written_is_read_back(string extension) => Check(Tables, table =>
    {
        using var file = new TemporaryFile(extension);
        Write(file.Path, table);
        var rows = new LabelledFile(file.Path, Options).Read();
        Assert.Equal(table, table.Length == 0 ? [] : rows.Select(row => (row.Id!, row.Text, row.Label!)));
    });

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Torn_at_any_byte_it_keeps_the_complete_rows_and_goes_on(string extension)
    {
        (string, string, string)[] table = [("1", "a\n\"b\"", "0.5"), ("", "é,\t👍\r\n", "1"), ("3\"", "\"", "0.25")];
        using var whole = new TemporaryFile(extension);
        int[] ends = Ends(whole.Path, table);
        byte[] bytes = File.ReadAllBytes(whole.Path);
        for (int length = 0; length <= bytes.Length; length++)
        {
            using var torn = TemporaryFile.Of(extension, bytes[..length]);
            using (var scored = ScoredFile.Open(torn.Path, Columns))
            {
                Assert.Equal(ends.Count(end => end <= length), scored.Rows);
                Append(scored, table[(int)scored.Rows..]);
            }
            Assert.Equal(bytes, File.ReadAllBytes(torn.Path));
        }
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Any_table_torn_anywhere_is_finished_as_if_it_had_not_been(string extension) => Check(Tables, table =>
    {
        using var file = new TemporaryFile(extension);
        Write(file.Path, table);
        byte[] bytes = File.ReadAllBytes(file.Path);
        using (var torn = new FileStream(file.Path, FileMode.Open))
            torn.SetLength(bytes.Length * (table.Length % 7) / 7);
        using (var scored = ScoredFile.Open(file.Path, Columns))
            Append(scored, table[(int)scored.Rows..]);
        Assert.Equal(bytes, File.ReadAllBytes(file.Path));
    });

    [Fact]
    public void Csv_is_RFC_4180_with_quotes_only_where_needed()
    {
        using var file = new TemporaryFile(".csv");
        using (var scored = ScoredFile.Open(file.Path, Columns))
            scored.Append("a b", "say \"hi\"", "0.5");

        Assert.Equal("id,\"text, \"\"quoted\"\"\",probability\r\na b,\"say \"\"hi\"\"\",0.5\r\n", File.ReadAllText(file.Path));
    }

    [Fact]
    public void Json_lines_have_numbers_where_columns_are_numbers()
    {
        using var file = new TemporaryFile(".jsonl");
        using (var scored = ScoredFile.Open(file.Path, Columns))
        {
            scored.Append("1", "é", "0.5");
            scored.Append("2", "b", "");
        }

        Assert.Equal("{\"id\":\"1\",\"text, \\\"quoted\\\"\":\"é\",\"probability\":0.5}\n{\"id\":\"2\",\"text, \\\"quoted\\\"\":\"b\",\"probability\":null}\n", File.ReadAllText(file.Path));
    }

    [Theory]
    [InlineData(".csv", "id,other\r\n1,2\r\n")]
    [InlineData(".csv", "my only notes")]
    [InlineData(".jsonl", "{\"id\":1}\n")]
    [InlineData(".jsonl", "not JSON\n")]
    public void Refuses_to_go_on_with_a_file_of_other_columns_and_leaves_it(string extension, string content)
    {
        using var file = TemporaryFile.Of(extension, content);

        Assert.Throws<DataFormatException>(() => ScoredFile.Open(file.Path, Columns));

        Assert.Equal(content, File.ReadAllText(file.Path));
    }

    [Fact]
    public void Begins_anew_when_rows_are_not_to_be_kept()
    {
        using var file = TemporaryFile.Of(".csv", "my only notes");
        using (var scored = ScoredFile.Open(file.Path, [new("a")], resume: false))
            scored.Append("");

        Assert.Equal("a\r\n\"\"\r\n", File.ReadAllText(file.Path));
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("-")]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData("1,5")]
    public void Refuses_what_is_no_number_and_appends_nothing(string value)
    {
        using var file = new TemporaryFile(".jsonl");
        using (var scored = ScoredFile.Open(file.Path, [new("p", IsNumber: true)]))
        {
            Assert.Throws<ArgumentException>(() => scored.Append(value));
            Assert.Throws<ArgumentException>(() => scored.Append("1", "2"));
            scored.Append("-1.5e-7");
        }

        Assert.Equal("{\"p\":-1.5e-7}\n", File.ReadAllText(file.Path));
    }

    [Fact]
    public void A_second_writer_is_refused_while_the_first_is_at_work()
    {
        using var file = new TemporaryFile(".csv");
        using var first = ScoredFile.Open(file.Path, Columns);

        Assert.Throws<IOException>(() => ScoredFile.Open(file.Path, Columns));
    }

    private static LabelledFileOptions Options => new() { IdColumn = "id", TextColumns = ["text, \"quoted\""], LabelColumn = "probability" };

    private static Gen<string> Texts => Gen.Elements(Pieces).ArrayOf().Select(string.Concat);

    // Texts begin with a letter: those of white space alone are refused when they are read.
    private static Arbitrary<(string Id, string Text, string Probability)[]> Tables =>
        (from id in Texts
         from text in Texts
         from probability in Gen.Choose(0, 1000)
         select (id, "x" + text, (probability / 1000.0).ToString(System.Globalization.CultureInfo.InvariantCulture))).ArrayOf().ToArbitrary();

    private static void Check(Arbitrary<(string, string, string)[]> tables, Action<(string, string, string)[]> property) =>
        Prop.ForAll(tables, property).QuickCheckThrowOnFailure();

    private static void Write(string path, (string, string, string)[] table)
    {
        using var scored = ScoredFile.Open(path, Columns, resume: false);
        Append(scored, table);
    }

    private static void Append(ScoredFile scored, (string Id, string Text, string Probability)[] table)
    {
        foreach (var (id, text, probability) in table)
            scored.Append(id, text, probability);
    }

    // The length of the file after each row.
    private static int[] Ends(string path, (string, string, string)[] table)
    {
        using var scored = ScoredFile.Open(path, Columns);
        return [.. table.Select(row =>
        {
            Append(scored, [row]);
            scored.Flush();
            return (int)new FileInfo(path).Length;
        })];
    }
}
