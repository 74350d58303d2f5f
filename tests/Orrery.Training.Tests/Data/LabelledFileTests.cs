using System.Text;
using Orrery.Training.Data;

namespace Orrery.Training.Tests.Data;

public sealed class LabelledFileTests
{
    private static readonly LabelledFileOptions Labelled = new() { LabelColumn = "label" };

    [Theory]
    [InlineData(".csv", "id,text,label\r\n1,\"a, \"\"b\"\"\nc\",x\r\n2,é 👍,y\r\n")]
    [InlineData(".tsv", "id\ttext\tlabel\n1\t\"a, \"\"b\"\"\nc\"\tx\n2\té 👍\ty")]
    [InlineData(".jsonl", "{\"id\":1,\"text\":\"a, \\\"b\\\"\\nc\",\"label\":\"x\"}\n\n{\"label\":\"y\",\"id\":\"2\",\"text\":\"é 👍\"}\n")]
    public void Reads_texts_labels_and_ids_of_each_format(string extension, string content)
    {
        using var file = TemporaryFile.Of(extension, content);

        var rows = Rows(file, Labelled with { IdColumn = "id" });

        Assert.Equal([("1", "a, \"b\"\nc", "x"), ("2", "é 👍", "y")], rows.Select(row => (row.Id!, row.Text, row.Label!)));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Reads_files_with_a_byte_order_mark(string encoding)
    {
        var written = Encoding.GetEncoding(encoding);
        using var csv = TemporaryFile.Of(".csv", [.. written.GetPreamble(), .. written.GetBytes("text,label\né,x\n")]);
        using var lines = TemporaryFile.Of(".jsonl", [.. written.GetPreamble(), .. written.GetBytes("{\"text\":\"é\",\"label\":\"x\"}")]);

        Assert.Equal(("é", "x"), Rows(csv, Labelled).Select(row => (row.Text, row.Label)).Single());
        Assert.Equal(("é", "x"), Rows(lines, Labelled).Select(row => (row.Text, row.Label)).Single());
    }

    [Fact]
    public void Says_where_each_row_begins()
    {
        using var csv = TemporaryFile.Of(".csv", "\uFEFFtext\n\"é\n\"\n\nb\n");
        using var lines = TemporaryFile.Of(".jsonl", "{\"text\":\"é\"}\n\n{\"text\":\"b\"}");

        Assert.Equal([(0L, 2L, 8L), (1L, 5L, 15L)], Rows(csv).Select(row => (row.Number, row.Line, row.Offset)));
        Assert.Equal([(0L, 1L, 0L), (1L, 3L, 15L)], Rows(lines).Select(row => (row.Number, row.Line, row.Offset)));
    }

    [Fact]
    public void Goes_on_after_the_rows_that_are_done()
    {
        using var file = TemporaryFile.Of(".csv", "text\na\nb\nc\n");
        var read = new LabelledFile(file.Path);

        Assert.Equal([(2L, "c")], read.Read(skip: 2).Select(row => (row.Number, row.Text)));
        Assert.Empty(read.Read(skip: 3));
    }

    [Fact]
    public void Columns_without_a_header_are_numbers()
    {
        using var file = TemporaryFile.Of(".csv", "a cat,a dog,2.5\n");

        var row = Rows(file, new() { HasHeader = false, TextColumns = ["2", "1"], LabelColumn = "3" }).Single();

        Assert.Equal((string[])["a dog", "a cat"], row.Texts);
        Assert.Equal("2.5", row.Label);
    }

    [Fact]
    public void A_format_can_be_named_where_the_extension_says_nothing()
    {
        using var file = TemporaryFile.Of(".txt", "text\tlabel\na\tb\n");

        Assert.Contains("names no format", Assert.Throws<DataFormatException>(() => new LabelledFile(file.Path)).Message, StringComparison.Ordinal);
        Assert.Equal("b", Rows(file, Labelled with { Format = TableFormats.OfName("TSV") }).Single().Label);
    }

    [Theory]
    [InlineData(".csv", "text,kind\na,b\n", 1, "there is no column 'label'; there are 'text', 'kind'")]
    [InlineData(".csv", "text,label,text\na,b,c\n", 1, "the column 'text' is there twice")]
    [InlineData(".csv", "text,label\na,b\nc\n", 3, "the row has 1 field; the header has 2")]
    [InlineData(".csv", "text,label\na,b,c\n", 2, "the row has 3 fields; the header has 2")]
    [InlineData(".csv", "text,label\na,b\n\"c,d\ne,f\n", 3, "a quoted field is not closed")]
    [InlineData(".csv", "text,label\n\"a\"b,c\n", 2, "text follows the closing quote")]
    [InlineData(".csv", "text,label\n5\" disk,c\n", 2, "a quote stands inside a field that is not quoted")]
    [InlineData(".csv", "text,label\n\"a\nb\",x\n ,b\n", 4, "column 'text': the text is empty")]
    [InlineData(".csv", "text,label\na,\n", 2, "column 'label': the label is empty")]
    [InlineData(".csv", "text,label\na,b\nc\0d,e\n", 3, "a NUL byte at offset 16")]
    [InlineData(".csv", "text,label\n", null, "there are no rows")]
    [InlineData(".csv", "", null, "there are no rows")]
    [InlineData(".jsonl", "", null, "there are no rows")]
    [InlineData(".jsonl", "{\"text\":\"a\",\"label\":1}\n[1]\n", 2, "the line is an array; each line must be a JSON object")]
    [InlineData(".jsonl", "{\"text\":\"a\",\n\"label\":1}\n", 1, "the line is no JSON")]
    [InlineData(".jsonl", "{\"text\":\"a\",\"text\":\"b\",\"label\":1}\n", 1, "the line is no JSON")]
    [InlineData(".jsonl", "{\"text\":\"a\"}\n", 1, "there is no column 'label'; there are 'text'")]
    [InlineData(".jsonl", "{\"text\":5,\"label\":1}\n", 1, "column 'text': the value is a number; it must be a string")]
    [InlineData(".jsonl", "{\"text\":\"a\",\"label\":null}\n", 1, "column 'label': the value is null")]
    [InlineData(".jsonl", "{\"text\":\"\\ud800\",\"label\":1}\n", 1, "half of a surrogate pair")]
    [InlineData(".jsonl", "{\"text\":\"\",\"label\":1}\n", 1, "column 'text': the text is empty")]
    public void Refuses_by_line_what_is_no_labelled_text(string extension, string content, int? line, string problem)
    {
        using var file = TemporaryFile.Of(extension, content);

        var error = Assert.Throws<DataFormatException>(() => Rows(file, Labelled));

        Assert.Equal(line, (int?)error.Line);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains(file.Path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10, "0xFC at offset 25 ")]
    [InlineData(100_000, "0xFC at offset 100015 ")]
    public void Refuses_another_encoding_by_line_and_says_what_to_do(int before, string place)
    {
        byte[] latin = Encoding.Latin1.GetBytes("text,label\n" + new string('a', before) + ",b\nfür,c\n");
        using var file = TemporaryFile.Of(".csv", latin);

        var error = Assert.Throws<DataFormatException>(() => Rows(file, Labelled));

        Assert.Equal(3, error.Line);
        Assert.Contains(place, error.Message, StringComparison.Ordinal);
        Assert.Contains("iconv", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_character_cut_by_the_end()
    {
        using var file = TemporaryFile.Of(".csv", [.. "text\na\n"u8, 0xE2, 0x82]);

        Assert.Equal(3, Assert.Throws<DataFormatException>(() => Rows(file)).Line);
    }

    [Theory]
    [InlineData(".csv", "text\n\"")]
    [InlineData(".jsonl", "{\"text\":\"")]
    public void Refuses_a_row_that_would_fill_the_memory(string extension, string begin)
    {
        using var file = TemporaryFile.Of(extension, begin + new string('a', LabelledFile.MaxRowBytes * 5 / 2));

        var error = Assert.Throws<DataFormatException>(() => Rows(file));

        Assert.Contains("16777216 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Characters_cut_by_the_buffer_are_whole()
    {
        string text = string.Concat(Enumerable.Repeat("aé€👍", 50_000));
        using var file = TemporaryFile.Of(".csv", "text\n" + text + "\n");

        Assert.Equal(text, Rows(file).Single().Text);
    }

    [Fact]
    public async Task The_digest_is_the_SHA_256_of_the_bytes()
    {
        using var file = TemporaryFile.Of(".csv", "abc");

        // The example of FIPS 180-2, appendix B.1.
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", await new LabelledFile(file.Path).DigestAsync());
    }

    [Fact]
    public void Refuses_to_read_a_column_twice_or_none()
    {
        Assert.Throws<ArgumentException>(() => new LabelledFile("a.csv", new() { TextColumns = [] }));
        Assert.Throws<ArgumentException>(() => new LabelledFile("a.csv", new() { LabelColumn = "text" }));
    }

    [Fact]
    public void Labels_of_training_are_sorted_and_new_ones_come_after_them()
    {
        var index = LabelIndex.OfTraining(["b", "a", "b", "A"]);

        Assert.Equal([2, 0, 3, 3, 1], new[] { "b", "A", "new", "new", "a" }.Select(index.Number));
        Assert.Equal(["A", "a", "b", "new"], index.Names);
        Assert.Equal(3, index.Classes);
    }

    private static List<TextRow> Rows(TemporaryFile file, LabelledFileOptions? options = null) => [.. new LabelledFile(file.Path, options).Read()];
}
