using Orrery.Api.Tests.Support;
using Orrery.Engine;
using Orrery.Grains.Replicas;

namespace Orrery.Cluster.Tests.Support;

/// <summary>A folder of models of the test's own, made of the fixtures'.</summary>
public sealed class Models : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orrery-models-").FullName;

    /// <summary>The folder.</summary>
    public string Root => _root;

    /// <summary>
    /// Puts a fixture there, under another name, with an orrery.json beside it, or with a graph that cannot be read. It is there at once: a silo that sees
    /// half of it would know two versions.
    /// </summary>
    public Models With(string name, string fixture = "tiny-mean", string? settings = null, bool torn = false)
    {
        var source = Repository.Path("tests", "fixtures", "models", fixture);
        var made = Directory.CreateTempSubdirectory("orrery-models-").FullName;
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(made, name, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        if (settings is not null)
            File.WriteAllText(Path.Combine(made, name, "orrery.json"), settings);
        if (torn)
            File.WriteAllText(Path.Combine(made, name, "onnx", "model.onnx"), "torn");
        // With the first folder of its name that is not there yet.
        var path = "";
        foreach (var part in name.Split('/'))
        {
            path = Path.Combine(path, part);
            if (!Directory.Exists(Path.Combine(_root, path)))
                break;
        }

        Directory.Move(Path.Combine(made, path), Path.Combine(_root, path));
        Directory.Delete(made, recursive: true);
        return this;
    }

    /// <summary>A silo that serves them.</summary>
    public SiloRole Silo(string pool = "cpu", string zone = "", long memory = 0) => new()
    {
        Pool = pool,
        Zone = zone,
        Memory = memory,
        ScanEvery = TimeSpan.FromSeconds(1),
        Engine = new EngineOptions { ModelDirectories = [_root], Sessions = 1, ThreadsPerSession = 1, MaxBatchTokens = 4096 },
    };

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
