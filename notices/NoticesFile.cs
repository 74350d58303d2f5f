using System.Text;

namespace Orrery.Notices;

/// <summary>The file that goes with everything that is published: which packages are in it, whose they are, under which licences.</summary>
public static class NoticesFile
{
    /// <summary>The file's name, at the root of the checkout and beside every published program.</summary>
    public const string Name = "THIRD-PARTY-NOTICES.txt";

    // What no package says: Orrery's own tables are made of Unicode's data, and a package holds a program whose licence it does not tell.
    private static readonly (string Name, string Licence, string Copyright, string Url)[] _others =
    [
        ("Unicode Character Database (in Orrery.Engine)", "Unicode-DFS-2016", "Copyright (c) 1991-2024 Unicode, Inc. All rights reserved.", "https://www.unicode.org/copyright.html"),
        ("Swagger UI (in Swashbuckle.AspNetCore.SwaggerUI)", "Apache-2.0", "Copyright SmartBear Software Inc.", "https://github.com/swagger-api/swagger-ui"),
    ];

    private static readonly string _rule = new('-', 100);

    /// <summary>Writes it: a list, then each text once with the packages that it is for; then the same of what only the GPU build has.</summary>
    /// <param name="packages">What ships; those that are not on this machine are left out.</param>
    /// <exception cref="InvalidDataException">A package's licence is not known.</exception>
    public static string Write(IReadOnlyList<ShippedPackage> packages)
    {
        var text = new StringBuilder();
        text.Append("Orrery's programs hold work of others: the packages below, each under its own licence. Orrery's own is in LICENSE.\n");
        text.Append("Written by ./orrery lock from what the packages say; do not change it by hand.\n\n");
        var written = new Dictionary<string, string>(StringComparer.Ordinal);
        var read = packages.Where(package => package.Folder is not null).ToLookup(package => package.GpuOnly, package => (Package: package, Licence: Licence.Read(package.Folder!)));
        Section(text, written, [.. read[false]], _others);
        if (!read[true].Any())
            return text.ToString();
        text.Append('\n').Append(_rule).Append("\nThe GPU build has besides:\n\n");
        Section(text, written, [.. read[true]], []);
        return text.ToString();
    }

    private static void Section(StringBuilder text, Dictionary<string, string> written, (ShippedPackage Package, Licence Licence)[] read, (string Name, string Licence, string Copyright, string Url)[] others)
    {
        foreach (var (package, licence) in read)
        {
            text.Append(Heading(package)).Append(": ").Append(licence.Name).Append("\n  ").Append(licence.Copyright).Append('\n');
            if (licence.Url.Length > 0)
                text.Append("  ").Append(licence.Url).Append('\n');
            text.Append("  in ").AppendJoin(", ", package.Programs).Append('\n');
        }

        foreach (var (name, licence, copyright, url) in others)
            text.Append(name).Append(": ").Append(licence).Append("\n  ").Append(copyright).Append("\n  ").Append(url).Append('\n');
        Texts(text, written, "Licence of", [.. read.Select(one => (one.Package.Id, (string?)one.Licence.Text)), .. others.Select(one => (one.Name, (string?)Licence.Standard(one.Licence)))]);
        Texts(text, written, "Notices of", read.Select(one => (one.Package.Id, one.Licence.Notices)));
    }

    /// <summary>How a package is listed.</summary>
    public static string Heading(ShippedPackage package) => $"{package.Id} {package.Version}";

    private static void Texts(StringBuilder text, Dictionary<string, string> written, string title, IEnumerable<(string Name, string? Text)> all)
    {
        foreach (var same in all.Where(one => one.Text is not null).GroupBy(one => one.Text!, one => one.Name, StringComparer.Ordinal))
        {
            text.Append('\n').Append(_rule).Append('\n').Append(title).Append(' ').AppendJoin(", ", same).Append('\n').Append(_rule).Append("\n\n");
            text.Append(written.TryAdd(same.Key, same.First()) ? same.Key : $"As of {written[same.Key]}, above.").Append('\n');
        }
    }
}
