using System.Text.Json.Nodes;

namespace Orrery.Deployment.Tests.Support;

/// <summary>One Kubernetes object.</summary>
/// <param name="Json">All of it.</param>
internal sealed record Manifest(JsonObject Json)
{
    public string Kind => (string)Json["kind"]!;

    public string Name => (string)Json["metadata"]!["name"]!;

    public JsonNode Spec => Json["spec"] ?? throw new InvalidDataException($"{this} has no spec");

    /// <summary>Whether its pods come from a template.</summary>
    public bool HasPods => Kind is "Deployment" or "StatefulSet" or "DaemonSet" or "Job";

    public JsonNode Template => Spec["template"]!;

    public JsonNode PodSpec => Template["spec"]!;

    public IReadOnlyDictionary<string, string> PodLabels => Labels(Template["metadata"]!["labels"]);

    public JsonNode Container => Assert.Single(PodSpec["containers"]!.AsArray())!;

    /// <summary>The container's ports by name.</summary>
    public IReadOnlyDictionary<string, int> Ports =>
        (Container["ports"]?.AsArray() ?? []).ToDictionary(port => (string)port!["name"]!, port => (int)port!["containerPort"]!);

    /// <summary>The container's environment; null where the value is not in the manifest.</summary>
    public IReadOnlyDictionary<string, string?> Environment =>
        (Container["env"]?.AsArray() ?? []).ToDictionary(one => (string)one!["name"]!, one => (string?)one!["value"]);

    /// <summary>The image without registry and tag.</summary>
    public string Image => ((string)Container["image"]!).Split(':')[0].Split('/')[^1];

    public static IReadOnlyDictionary<string, string> Labels(JsonNode? labels) =>
        (labels?.AsObject() ?? []).ToDictionary(pair => pair.Key, pair => (string)pair.Value!);

    /// <summary>Whether a label selector chooses a thing with these labels. An empty one chooses everything.</summary>
    public static bool Selects(JsonNode? selector, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (key, value) in Labels(selector?["matchLabels"]))
        {
            if (labels.GetValueOrDefault(key) != value)
                return false;
        }

        foreach (var expression in selector?["matchExpressions"]?.AsArray() ?? [])
        {
            var label = labels.GetValueOrDefault((string)expression!["key"]!);
            var values = expression["values"]?.AsArray().Select(value => (string)value!).ToArray() ?? [];
            var holds = (string)expression["operator"]! switch
            {
                "In" => label is not null && values.Contains(label),
                "NotIn" => label is null || !values.Contains(label),
                "Exists" => label is not null,
                "DoesNotExist" => label is null,
                var other => throw new InvalidDataException($"operator {other} is not known"),
            };
            if (!holds)
                return false;
        }

        return true;
    }

    public override string ToString() => $"{Kind}/{Name}";
}
