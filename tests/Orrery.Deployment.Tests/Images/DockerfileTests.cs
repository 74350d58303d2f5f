using System.Text.RegularExpressions;
using System.Xml.Linq;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Images;

/// <summary>What can be known of the images without an engine that builds them; tests/containers/run builds and runs them.</summary>
public partial class DockerfileTests
{
    private static readonly Dockerfile File = Dockerfile.Read();
    private static readonly string[] Targets = ["front", "silo-cpu", "silo-gpu", "standalone"];

    public static TheoryData<string> EveryTarget => [.. Targets];

    [Fact]
    public void Whatever_is_copied_is_in_the_repository_and_not_left_out_of_the_context()
    {
        var ignored = Checkout.Read(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line[0] != '#').ToList();
        foreach (var source in File.Stages.SelectMany(stage => stage.Instructions).SelectMany(Dockerfile.Sources).Where(source => source != "."))
        {
            Assert.True(IsThere(source), $"the Dockerfile copies {source}, which does not exist");
            Assert.DoesNotContain(ignored, line => (source + "/").StartsWith(line.TrimEnd('/') + "/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Whatever_is_copied_from_a_stage_is_made_there_before()
    {
        foreach (var (stage, index) in File.Stages.Select((stage, index) => (stage, index)))
        {
            foreach (Match copy in CopyFrom().Matches(string.Join('\n', stage.Instructions.Select(one => $"{one.Name} {one.Arguments}"))))
            {
                var made = File.Stages.Take(index).SingleOrDefault(other => other.Name == copy.Groups["stage"].Value);
                Assert.True(made is not null, $"{stage.Name} copies from {copy.Groups["stage"].Value}, which no stage before it is");
                if (copy.Groups["path"].Value.Split('/') is ["", "app", .. var project])
                {
                    var line = Assert.Single(made.Instructions, one => one.Arguments.Contains("dotnet publish", StringComparison.Ordinal)).Arguments;
                    Assert.Contains(project.Length > 0 ? "-o \"/app/${project%/*}\"" : "-o /app", line, StringComparison.Ordinal);
                    if (project.Length > 0)
                        Assert.Contains($" {project[0]}/", line, StringComparison.Ordinal);
                }
            }
        }
    }

    /// <summary>A project file that is missing when packages are restored would be restored never.</summary>
    [Fact]
    public void Every_project_that_is_restored_is_there_with_all_that_it_refers_to()
    {
        var copied = File["projects"].Instructions.SelectMany(Dockerfile.Sources).ToHashSet();
        var restored = File.Stages.SelectMany(stage => stage.Instructions).Where(one => one.Name == "RUN" && one.Arguments.Contains("dotnet ", StringComparison.Ordinal))
            .SelectMany(one => Project().Matches(one.Arguments).Select(match => match.Value)).Distinct().ToList();
        Assert.Equal(3, restored.Count);
        foreach (var project in restored.SelectMany(Closure).Distinct())
            Assert.Contains(project, copied);
        // And none for nothing: what a program no longer refers to need not be in its image.
        if (restored.All(project => System.IO.File.Exists(Checkout.File(project))))
            Assert.Equal(restored.SelectMany(Closure).Distinct().Order(StringComparer.Ordinal), copied.Where(source => source.EndsWith(".csproj", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_publishes_does_not_restore_and_restores_as_it_publishes()
    {
        foreach (var publish in File.Stages.Where(stage => stage.Name.StartsWith("published-", StringComparison.Ordinal)))
        {
            var all = File.All(publish.Name).Where(one => one.Name == "RUN").Select(one => one.Arguments).ToList();
            var line = Assert.Single(all, one => one.Contains("dotnet publish", StringComparison.Ordinal));
            var restore = Assert.Single(all, one => one.Contains("dotnet restore", StringComparison.Ordinal));
            Assert.Contains("--no-restore", line, StringComparison.Ordinal);
            Assert.Equal(Properties(restore), Properties(line));
        }

        Assert.Contains("OnnxRuntime=Gpu", Properties(File["published-silo-gpu"].Instructions[^1].Arguments));
        Assert.Contains("'$(OnnxRuntime)' == 'Gpu'", Checkout.Read("Directory.Build.targets"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryTarget))]
    public void An_image_runs_without_root_and_opens_the_ports_that_its_program_listens_on(string target)
    {
        var all = File.All(target).ToList();
        Assert.Equal("1654:1654", all.Last(one => one.Name == "USER").Arguments);
        var ports = all.Last(one => one.Name == "EXPOSE").Arguments.Split(' ').Select(int.Parse).Order();
        Assert.Equal((Expected.PortsOf("orrery-" + target) ?? Expected.FrontPorts).Values.Order(), ports);
        var program = all.Last(one => one.Name == "ENTRYPOINT").Arguments;
        Assert.Equal(target switch { "front" => "[\"/app/orrery-front\"]", "standalone" => "[\"/app/orrery\"]", _ => "[\"/app/orrery-silo\"]" }, program);
    }

    /// <summary>Variables with our prefix that a program does not know are refused at its start.</summary>
    [Theory]
    [InlineData("front")]
    [InlineData("silo-cpu")]
    [InlineData("silo-gpu")]
    public void An_image_sets_only_what_its_program_reads(string target)
    {
        var set = File.All(target).Where(one => one.Name == "ENV").SelectMany(one => one.Arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(pair => pair.Split('=')[0]).ToList();
        Assert.Contains("ORRERY__Server__Host", set);
        string[] others = ["DOTNET_", "ASPNETCORE_", "NVIDIA_"];
        Assert.Equal([], set.Where(name => !others.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).Except(Expected.VariablesOf("orrery-" + target)!));
    }

    [OverlayTheory]
    [ClassData(typeof(EveryOverlay))]
    public void Every_image_of_ours_that_is_deployed_is_a_target_with_a_tag_and_its_user(string overlay)
    {
        foreach (var one in Overlay.Ours(overlay))
        {
            Assert.Contains(one.Image["orrery-".Length..], Targets);
            Assert.Contains(':', (string)one.Container["image"]!);
            Assert.Equal(1654, (int)one.PodSpec["securityContext"]!["runAsUser"]!);
        }
    }

    private static bool IsThere(string source) => Path.Exists(Checkout.File(source));

    /// <summary>A project and all that it refers to, as far as they are in this checkout.</summary>
    private static IEnumerable<string> Closure(string project)
    {
        if (!System.IO.File.Exists(Checkout.File(project)))
            return [];
        var folder = Path.GetDirectoryName(Checkout.File(project))!;
        var references = XDocument.Load(Checkout.File(project)).Descendants("ProjectReference")
            .Select(one => Path.GetRelativePath(Checkout.Root, Path.GetFullPath(Path.Combine(folder, ((string)one.Attribute("Include")!).Replace('\\', '/')))).Replace('\\', '/'));
        return references.SelectMany(Closure).Prepend(project);
    }

    private static IReadOnlyList<string> Properties(string command) => [.. Property().Matches(command).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"^COPY --from=(?<stage>\S+) (?<path>\S+)", RegexOptions.Multiline)]
    private static partial Regex CopyFrom();

    [GeneratedRegex(@"[\w./-]+\.csproj")]
    private static partial Regex Project();

    [GeneratedRegex(@"(?:-p:|--arch )(\S+)")]
    private static partial Regex Property();
}
