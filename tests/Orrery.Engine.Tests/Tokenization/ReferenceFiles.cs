using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orrery.Engine.Tokenization;

namespace Orrery.Engine.Tests.Tokenization;

/// <summary>What tests/reference/tokenizers/generate.mjs wrote, and the tokenizers and texts it was written for.</summary>
internal static class ReferenceFiles
{
    public static string Root { get; } = FindRoot();

    public static string Shared { get; } = Environment.GetEnvironmentVariable("ORRERY_SHARED") ?? Path.Combine(Root, "..", "shared");

    public static string Folder { get; } = Path.Combine(Root, "tests", "reference", "tokenizers");

    public static JsonObject Settings { get; } = JsonNode.Parse(File.ReadAllText(Expected("tokenizers.json")))!.AsObject();

    public static string Expected(string name) => Path.Combine(Folder, "expected", name);

    /// <summary>Null when the shared file that the tokenizer is made of is not there.</summary>
    public static Tokenizer? Load(string name, string strategy = "LongestFirst")
    {
        JsonNode overlay = Settings["tokenizers"]!.AsArray().Single(t => (string)t!["name"]! == name)!;
        string source = (string)overlay["base"]!;
        string path = source == "unigram.json" ? Path.Combine(Folder, source) : Path.Combine(Shared, source);
        if (!File.Exists(path)) return null;
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json["truncation"] = new JsonObject { ["direction"] = "Right", ["max_length"] = 512, ["strategy"] = strategy, ["stride"] = 0 };
        json["padding"] = null;
        foreach ((string key, JsonNode? value) in overlay["set"]!.AsObject()) json[key] = value?.DeepClone();
        if (overlay["model"] is JsonObject model)
            foreach ((string key, JsonNode? value) in model) json["model"]![key] = value?.DeepClone();
        string file = Path.Combine(Path.GetTempPath(), $"orrery-{Guid.NewGuid():n}.json");
        try
        {
            File.WriteAllText(file, json.ToJsonString());
            return Tokenizer.FromFile(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static List<string> SyntheticTexts()
    {
        using var gzip = new GZipStream(File.OpenRead(Expected("synthetic.u16.gz")), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        ReadOnlySpan<char> units = MemoryMarshal.Cast<byte, char>(bytes.ToArray());
        var texts = new List<string>();
        for (int at = 0; at < units.Length; at += 1 + units[at]) texts.Add(units.Slice(at + 1, units[at]).ToString());
        return texts;
    }

    /// <summary>Synthetic texts and then real ones; only the synthetic when the shared data are not there.</summary>
    public static List<string> AllTexts()
    {
        List<string> texts = SyntheticTexts();
        foreach (JsonNode? range in Settings["ranges"]!.AsArray())
        {
            string path = Path.Combine(Shared, "data", (string)range!["file"]!);
            if (!File.Exists(path)) return texts;
            texts.AddRange(File.ReadAllText(path).Split('\n').Select(line => line.TrimEnd('\r')).Skip((int)range["from"]!).Take((int)range["count"]!));
        }
        return texts;
    }

    public static uint[] Hashes(string name) => MemoryMarshal.Cast<byte, uint>(File.ReadAllBytes(Expected($"{name}.u32"))).ToArray();

    public static List<JsonElement> Cases()
    {
        using var gzip = new GZipStream(File.OpenRead(Expected("cases.jsonl.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        var cases = new List<JsonElement>();
        while (reader.ReadLine() is { } line) cases.Add(JsonElement.Parse(line));
        return cases;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Cluster.sln"))) return at.FullName;
        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds Cluster.sln");
    }
}
