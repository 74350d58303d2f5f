using System.Globalization;
using System.Text;

namespace Orrery.Standalone.Tests.Training;

/// <summary>A folder with labelled texts, and the program run over it with the fixtures' models.</summary>
internal sealed class Workshop : IDisposable
{
    private static readonly string[] Fruit = ["apple", "pear", "plum", "cherry", "peach"];
    private static readonly string[] Tool = ["hammer", "saw", "drill", "wrench", "chisel"];

    public string Folder { get; } = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    /// <summary>A path in the folder.</summary>
    public string At(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>Writes texts of two classes that differ in their words.</summary>
    public string Rows(string name, int rows, int seed = 1)
    {
        var random = new Random(seed);
        var text = new StringBuilder("id,text,label\n");
        for (var i = 0; i < rows; i++)
        {
            var words = i % 2 == 0 ? Fruit : Tool;
            text.Append(CultureInfo.InvariantCulture, $"r{i},\"a {words[random.Next(5)]}, a {words[random.Next(5)]} and a \"\"{words[random.Next(5)]}\"\" {i}\",{(i % 2 == 0 ? "fruit" : "tool")}\n");
        }

        File.WriteAllText(At(name), text.ToString());
        return At(name);
    }

    public string Write(string name, string content)
    {
        File.WriteAllText(At(name), content);
        return At(name);
    }

    /// <summary>Trains on the rows of a file.</summary>
    public static Task<(int Code, string Output)> TrainAsync(string data, string output, params string[] more) =>
        RunAsync(["train", "--data", data, "--models", Checkout.Fixture("tiny-mean"), "--model", "tiny-mean", "--out", output, .. more]);

    public static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var code = await process.EndAsync();
        return (code, process.Output);
    }

    public static OrreryProcess Start(params string[] arguments) => new(arguments);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
