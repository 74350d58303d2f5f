using Orrery.Engine.Models;

namespace Orrery.Engine.Tests.Models;

public sealed class ModelDiscoveryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orrery-test-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("models", "models/mini", "mini")]
    [InlineData("models", "models/owner/mini", "owner/mini")]
    [InlineData("models", "models/owner/mini/3", "owner/mini")]
    [InlineData("models/mini", "models/mini", "mini")]
    [InlineData("models/mini", "models/mini/1", "mini")]
    [InlineData("models/mini/1", "models/mini/1", "mini")]
    [InlineData("2024", "2024/mini/v1.2", "mini")]
    public void Names_a_model_after_its_folders_and_leaves_its_version_out(string root, string model, string name)
    {
        Make(model);
        Assert.Equal([new NamedDirectory(name, Path.Combine(_root, model))], Find(root));
    }

    [Fact]
    public void Takes_the_highest_version_and_the_first_root()
    {
        foreach (var model in (string[])["a/mini/2", "a/mini/10", "a/mini/9.1", "b/mini/11", "b/other"])
            Make(model);
        Assert.Equal([new("mini", Path.Combine(_root, "a/mini/10")), new("other", Path.Combine(_root, "b/other"))], Find("a", "b", "none"));
    }

    [Fact]
    public void Lists_every_version_the_highest_first()
    {
        foreach (var model in (string[])["a/mini/2", "a/mini/10", "b/mini/11"])
            Make(model);
        Assert.Equal(
            ["a/mini/10", "a/mini/2"],
            ModelDiscovery.FindVersions([Path.Combine(_root, "a"), Path.Combine(_root, "b")], IsHere).Select(one => Path.GetRelativePath(_root, one.Directory)));
    }

    private void Make(string model)
    {
        Directory.CreateDirectory(Path.Combine(_root, model));
        File.WriteAllText(Path.Combine(_root, model, "here"), "");
    }

    private IReadOnlyList<NamedDirectory> Find(params string[] roots) => ModelDiscovery.Find(roots.Select(root => Path.Combine(_root, root)), IsHere);

    private static bool IsHere(string directory) => File.Exists(Path.Combine(directory, "here"));
}
