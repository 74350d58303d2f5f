using Orrery.Engine;
using Orrery.Hosting.Startup;

namespace Orrery.Hosting.Tests.Startup;

public sealed class ModelRootsTests
{
    [Fact]
    public void Flags_add_to_what_is_found_anyway_and_go_first()
    {
        using var folder = new Folder();
        Assert.Null(ModelRoots.Resolve(new EngineOptions { ModelDirectories = ["set"], DetectorDirectories = ["heads"] }, [folder.Path], [folder.Path], out var engine));
        Assert.Equal([folder.Path, "set", "models", ModelRoots.Samples], engine.ModelDirectories);
        Assert.Equal([folder.Path, "heads", "detectors", ModelRoots.SampleDetectors], engine.DetectorDirectories);
        Assert.Equal(1, engine.PreferenceOf(Path.Combine(folder.Path, "model")));
        Assert.Equal(0, engine.PreferenceOf(Path.GetFullPath(Path.Combine("models", "model"))));
    }

    [Fact]
    public void Samples_are_left_out_where_they_are_not_wanted()
    {
        Assert.Null(ModelRoots.Resolve(new EngineOptions { Samples = false }, [], [], out var engine));
        Assert.Equal(["models"], engine.ModelDirectories);
        Assert.Equal(["detectors"], engine.DetectorDirectories);
        Assert.Empty(engine.PreferredDirectories);
    }

    private sealed class Folder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("orrery-test-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
