using System.Text.RegularExpressions;

namespace Orrery.Engine.Models;

/// <summary>Why a model or detector was refused, as callers are told it: by its files' names, and without the folders of this machine.</summary>
internal static partial class LoadFailure
{
    /// <summary>The reason.</summary>
    /// <param name="exception">What was thrown; the log has it whole.</param>
    /// <param name="directory">Where the model lies.</param>
    public static string Reason(Exception exception, string directory)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var message = ModelFormatException.Reason(exception).Replace(full + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace(full, "its folder", StringComparison.Ordinal);
        // Of the cache and of links: the file alone is told.
        return AbsolutePath().Replace(message, "$1$2");
    }

    [GeneratedRegex(@"(^|[\s'""(\[])(?:[A-Za-z]:)?[/\\](?:[^/\\\s'"":]+[/\\])+([^/\\\s'"":]*)", RegexOptions.NonBacktracking)]
    private static partial Regex AbsolutePath();
}
