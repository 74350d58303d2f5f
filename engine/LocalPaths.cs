namespace Orrery.Engine;

/// <summary>Takes the folders of this machine out of messages that go to callers, who are told files' names.</summary>
internal static class LocalPaths
{
    /// <summary>A message without them.</summary>
    /// <param name="message">What the system, or a library, says.</param>
    /// <param name="folder">One that it may name though it is not there any more.</param>
    public static string Hide(string message, string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        message = message.Replace(full + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        for (var at = 0; at < message.Length; at++)
        {
            if (StartsPath(message, at))
                message = message.Remove(at, FoldersAt(message, at));
        }

        return message;
    }

    /// <summary>Whether a path from the root may begin there: what follows a letter or another path's end is a part of something else.</summary>
    private static bool StartsPath(string message, int at) =>
        (at == 0 || !(char.IsLetterOrDigit(message[at - 1]) || "._-/\\".Contains(message[at - 1], StringComparison.Ordinal)))
        && Path.IsPathFullyQualified(message.AsSpan(at));

    /// <summary>
    /// How many characters are folders that stand on this machine. What begins like a path and leads to none is not one: a graph's nodes have such names.
    /// Blanks in a folder's name end nothing.
    /// </summary>
    private static int FoldersAt(string message, int at)
    {
        var start = at + Path.GetPathRoot(message.AsSpan(at)).Length;
        var cut = at;
        for (var end = Separator(start); end > start && Directory.Exists(message[at..end]); end = Separator(end + 1))
            cut = end + 1;
        return cut - at;

        int Separator(int from) => message.IndexOfAny(['/', Path.DirectorySeparatorChar], from);
    }
}
