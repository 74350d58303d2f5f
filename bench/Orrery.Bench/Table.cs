using CsvHelper;

namespace Orrery.Bench;

/// <summary>Labelled texts in CSV: the text in the first column, its label in the second, after a header.</summary>
internal static class Table
{
    public static (string Text, string Label)[] Read(string path)
    {
        using var csv = CsvReader.FromFile(path);
        csv.ReadHeader();
        var rows = new List<(string, string)>();
        while (csv.Read())
            rows.Add((csv.GetString(0), csv.GetString(1)));
        return [.. rows];
    }

    public static string[] Texts(string path) => [.. Read(path).Select(row => row.Text).Where(text => text.Length > 0)];
}
