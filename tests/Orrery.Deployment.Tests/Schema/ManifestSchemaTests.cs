using System.Text.Json.Nodes;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Schema;

public class ManifestSchemaTests
{
    [OverlayFact]
    public void What_the_overlays_render_to_is_what_Kubernetes_takes()
    {
        Assert.All(Overlay.Names, name => Assert.NotEmpty(Overlay.Render(name)));
        var objects = Overlay.Names.SelectMany(Overlay.Render).Concat(Overlay.RenderFolder("models")).ToList();
        foreach (var version in SchemaCheck.Versions)
            Assert.Equal([], SchemaCheck.Errors(version, objects).Select(error => error.ToString()));
    }

    /// <summary>Needs no kubectl: resources are whole objects, patches are not and are checked where they are rendered.</summary>
    [Fact]
    public void Every_resource_file_holds_what_Kubernetes_takes()
    {
        var files = ResourceFiles().ToList();
        Assert.Contains(files, file => file.EndsWith("front.yaml", StringComparison.Ordinal));
        // A pool's template is whole but for its image's name and resources, which the schemas do not ask for.
        var objects = files.SelectMany(file => Yaml.Documents(File.ReadAllText(file))).Select(json => new Manifest(json)).ToList();
        foreach (var version in SchemaCheck.Versions)
            Assert.Equal([], SchemaCheck.Errors(version, objects).Select(error => error.ToString()));
    }

    [Fact]
    public void Every_file_is_named_by_a_kustomization()
    {
        var named = Kustomizations().SelectMany(one => Strings(one.Folder, one.Json, "resources").Concat(Patches(one.Folder, one.Json))).Select(Path.GetFullPath).ToHashSet();
        var files = Directory.GetFiles(Checkout.File("k8s"), "*.yaml", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "kustomization.yaml");
        Assert.Equal([], files.Select(Path.GetFullPath).Except(named));
    }

    private static IEnumerable<string> ResourceFiles() =>
        Kustomizations().SelectMany(one => Strings(one.Folder, one.Json, "resources")).Where(File.Exists);

    private static IEnumerable<(string Folder, JsonObject Json)> Kustomizations() =>
        Directory.GetFiles(Checkout.File("k8s"), "kustomization.yaml", SearchOption.AllDirectories)
            .Select(file => (Path.GetDirectoryName(file)!, Assert.Single(Yaml.Documents(File.ReadAllText(file)))));

    private static IEnumerable<string> Strings(string folder, JsonObject json, string key) =>
        (json[key]?.AsArray() ?? []).Select(one => Path.Combine(folder, (string)one!));

    private static IEnumerable<string> Patches(string folder, JsonObject json) =>
        (json["patches"]?.AsArray() ?? []).Select(one => (string?)one!["path"]).OfType<string>().Select(path => Path.Combine(folder, path));
}
