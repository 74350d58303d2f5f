using System.Text.RegularExpressions;

namespace Orrery.Engine;

/// <summary>Callers have no business with the folders of this machine: files are told to them by name. Logs have them whole.</summary>
internal static partial class MachinePaths
{
    /// <summary>A message without them.</summary>
    /// <param name="message">What the system, or a library, says.</param>
    /// <param name="directory">Whose files it is about.</param>
    public static string Hide(string message, string directory)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var known = message.Replace(full + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace(full, "its folder", StringComparison.Ordinal);
        // Of the cache and of links: the file alone is told.
        return Hide(known);
    }

    /// <summary>A message of which nothing is known: ONNX Runtime names places in its makers' source, and files that it was given.</summary>
    public static string Hide(string message) => AbsolutePath().Replace(message, "$1$2");

    [GeneratedRegex(@"(^|[\s'""(\[])(?:[A-Za-z]:)?[/\\](?:[^/\\\s'"":]+[/\\])+([^/\\\s'"":]*)", RegexOptions.NonBacktracking)]
    private static partial Regex AbsolutePath();
}
