namespace Orrery.Engine.Tests.Support;

/// <summary>Where fixtures and shared models lie.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Real models and data that are not part of the project; null where they are not.</summary>
    public static string? Shared { get; } = FindShared();

    public static string Fixture(params string[] path) => Path.Combine([Root, "tests", "fixtures", .. path]);

    /// <summary>A directory for one test, deleted by nobody: the system's temporary folder is.</summary>
    public static string Temporary() => Directory.CreateTempSubdirectory("orrery-test-").FullName;

    /// <summary>Copies a model directory so that a test may break it.</summary>
    public static string Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return to;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cluster.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the repository's root was not found");
        return folder;
    }

    private static string? FindShared()
    {
        var shared = Environment.GetEnvironmentVariable("ORRERY_SHARED") ?? Path.Combine(Root, "..", "shared");
        return Directory.Exists(Path.Combine(shared, "models")) ? Path.GetFullPath(shared) : null;
    }
}

/// <summary>A test that needs the shared models, and says so where they are not.</summary>
internal sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute()
    {
        if (Repository.Shared is null)
            Skip = "needs the shared models and data: set ORRERY_SHARED to their folder";
    }
}
