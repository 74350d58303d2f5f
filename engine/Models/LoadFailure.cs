namespace Orrery.Engine.Models;

/// <summary>Why a model or detector was refused, as callers are told it: by its files' names, and without the folders of this machine.</summary>
internal static class LoadFailure
{
    /// <summary>The reason.</summary>
    /// <param name="exception">What was thrown; the log has it whole.</param>
    /// <param name="directory">Where the model lies.</param>
    public static string Reason(Exception exception, string directory)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var message = ModelFormatException.Reason(exception).Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        // Files of the cache, and those that links lead to, lie elsewhere.
        return LocalPaths.Hide(message.Replace(folder, "its folder", StringComparison.Ordinal), folder);
    }
}
