using System.Text.RegularExpressions;
using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Images;

/// <summary>One line that does something.</summary>
internal sealed record Instruction(string Name, string Arguments);

/// <summary>What is built from one base.</summary>
internal sealed record Stage(string Name, string Base, IReadOnlyList<Instruction> Instructions);

/// <summary>The repository's Dockerfile, read as far as its checks need.</summary>
internal sealed partial class Dockerfile
{
    public IReadOnlyList<Stage> Stages { get; }

    public Dockerfile(string text)
    {
        var stages = new List<Stage>();
        var lines = text.Split('\n').Where(line => !line.TrimStart().StartsWith('#'));
        foreach (var line in string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (From().Match(line) is { Success: true } from)
                stages.Add(new Stage(from.Groups["name"].Value, from.Groups["base"].Value, new List<Instruction>()));
            else if (stages.Count > 0)
                ((List<Instruction>)stages[^1].Instructions).Add(new Instruction(line.Split(' ')[0], line[line.IndexOf(' ', StringComparison.Ordinal)..].Trim()));
        }

        Stages = stages;
    }

    public static Dockerfile Read() => new(Checkout.Read("Dockerfile"));

    public Stage this[string name] => Stages.Single(stage => stage.Name == name);

    /// <summary>A stage's instructions after those of the stages that it is built on.</summary>
    public IEnumerable<Instruction> All(string name)
    {
        var stage = this[name];
        return (Stages.Any(other => other.Name == stage.Base) ? All(stage.Base) : []).Concat(stage.Instructions);
    }

    /// <summary>Files and folders of the repository that an instruction copies; none when it copies from a stage or an image.</summary>
    public static IReadOnlyList<string> Sources(Instruction copy) =>
        copy.Name != "COPY" || copy.Arguments.StartsWith("--", StringComparison.Ordinal) ? [] : copy.Arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..^1];

    [GeneratedRegex(@"^FROM (--platform=\S+ )?(?<base>\S+) AS (?<name>\S+)$")]
    private static partial Regex From();
}
