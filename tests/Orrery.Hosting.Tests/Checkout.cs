namespace Orrery.Hosting.Tests;

/// <summary>The repository that the tests run in.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

    public static string Fixture(string model) => Path.Combine(Root, "tests", "fixtures", "models", model);

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cluster.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the repository's root was not found");
        return folder;
    }
}
