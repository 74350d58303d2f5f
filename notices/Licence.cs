using System.Reflection;
using System.Xml.Linq;

namespace Orrery.Notices;

/// <summary>What a package says of its licence.</summary>
/// <param name="Name">The SPDX identifier, or "as below" where the package brings a text of its own.</param>
/// <param name="Copyright">Whose it is.</param>
/// <param name="Url">Where it comes from; empty where the package does not say.</param>
/// <param name="Text">The licence's text.</param>
/// <param name="Notices">What the package says of others' work in it; null where it says nothing.</param>
public sealed record Licence(string Name, string Copyright, string Url, string Text, string? Notices)
{
    // As packages call them, in order of preference.
    private static readonly string[] _licenceFiles = ["LICENSE.TXT", "LICENSE.txt", "LICENSE.md", "LICENSE"];
    private static readonly string[] _noticeFiles = ["THIRD-PARTY-NOTICES.TXT", "THIRD-PARTY-NOTICES.txt", "ThirdPartyNotices.txt", "NOTICE", "NOTICE.txt"];

    /// <summary>Reads it from a package's folder.</summary>
    /// <param name="folder">Where the package lies, unpacked.</param>
    /// <exception cref="InvalidDataException">The package names no licence, or one whose text is not in licences/.</exception>
    public static Licence Read(string folder)
    {
        var metadata = XDocument.Load(Directory.GetFiles(folder, "*.nuspec").Single()).Root!.Elements().First();
        string? Value(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim();
        var id = Value("id")!;
        var licence = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "license")
            ?? throw new InvalidDataException($"{id} names no licence");
        var file = licence.Attribute("type")?.Value == "file" ? licence.Value.Trim() : _licenceFiles.FirstOrDefault(name => File.Exists(Path.Combine(folder, name)));
        var spdx = licence.Attribute("type")?.Value == "expression" ? Choose(id, licence.Value.Trim()) : null;
        var notices = _noticeFiles.FirstOrDefault(name => File.Exists(Path.Combine(folder, name)));
        return new Licence(
            spdx ?? "as below",
            Value("copyright") is { Length: > 0 } copyright ? copyright : $"Copyright (c) {Value("authors")}",
            Value("projectUrl") ?? metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "repository")?.Attribute("url")?.Value ?? "",
            file is not null ? Lines(File.ReadAllText(Path.Combine(folder, file))) : Standard(spdx!),
            notices is null ? null : Lines(File.ReadAllText(Path.Combine(folder, notices))));
    }

    /// <summary>One of the licences that a package may be taken under, whose text is here.</summary>
    private static string Choose(string id, string expression) =>
        expression.Split(" OR ").FirstOrDefault(one => Resource(one) is not null)
            ?? throw new InvalidDataException($"{id} is under {expression}: put that licence's text into notices/licences/");

    /// <summary>The text of a licence by its SPDX identifier, one of those in licences/.</summary>
    public static string Standard(string spdx)
    {
        using var reader = new StreamReader(Resource(spdx)!);
        return Lines(reader.ReadToEnd());
    }

    private static Stream? Resource(string spdx) => Assembly.GetExecutingAssembly().GetManifestResourceStream(spdx);

    private static string Lines(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Trim('\n', '\uFEFF', ' ').Split('\n').Select(line => line.TrimEnd()));
}
