using Orrery.Deployment.Tests.Support;

namespace Orrery.Deployment.Tests.Schema;

/// <summary>That the check finds what is wrong: without this, that it finds nothing would say nothing.</summary>
public class SchemaCheckTests
{
    private const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: one}
        spec:
          replicas: 2
          selector: {matchLabels: {app: one}}
          template:
            metadata: {labels: {app: one}}
            spec:
              containers:
                - name: one
                  image: one
                  imagePullPolicy: Always
                  ports: [{containerPort: 80, protocol: TCP}]
        """;

    private const string Scaled = """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata: {name: one}
        spec:
          scaleTargetRef: {name: one}
          fallback: {failureThreshold: 3, replicas: 1, behavior: currentReplicas}
          triggers: [{type: metrics-api, metadata: {targetValue: "1"}}]
        """;

    private const string Monitor = """
        apiVersion: monitoring.coreos.com/v1
        kind: ServiceMonitor
        metadata: {name: one}
        spec:
          selector: {matchLabels: {app: one}}
          endpoints: [{port: http, interval: 15s}]
        """;

    /// <summary>What is wrong, what it was, and what the error must name.</summary>
    private static readonly (string Text, string Right, string Wrong, string Named)[] Mistakes =
    [
        (Deployment, "replicas: 2", "replicaCount: 2", "replicaCount"),
        (Deployment, "replicas: 2", "replicas: \"2\"", "replicas"),
        (Deployment, "replicas: 2", "replicas: 2.5", "integer"),
        (Deployment, "selector: {matchLabels: {app: one}}", "paused: false", "selector"),
        (Deployment, "containerPort: 80", "port: 80", "port"),
        (Deployment, "containerPort: 80", "containerPort: http", "containerPort"),
        (Deployment, "protocol: TCP", "protocol: HTTP", "protocol"),
        (Deployment, "imagePullPolicy: Always", "imagePullPolicy: Sometimes", "imagePullPolicy"),
        (Deployment, "metadata: {name: one}", "metadata: {name: one, nam: one}", "nam"),
        (Deployment, "containers:", "containerz:", "containers"),
        (Deployment, "apps/v1", "apps/v9", "no Deployment in apps/v9"),
        (Deployment, "kind: Deployment", "kind: Deploiment", "no Deploiment in apps/v1"),
        (Scaled, "scaleTargetRef: {name: one}", "scaleTarget: {name: one}", "scaleTargetRef"),
        (Scaled, "behavior: currentReplicas", "behavior: static2", "behavior"),
        (Scaled, "targetValue: \"1\"", "targetValue: 1", "targetValue"),
        (Scaled, "failureThreshold: 3, ", "", "failureThreshold"),
        (Monitor, "interval: 15s", "interval: often", "interval"),
        (Monitor, "port: http", "prt: http", "prt"),
    ];

    // All in one run a version: a run costs the same for one and for all.
    private static readonly Lazy<IReadOnlyList<IReadOnlyList<SchemaError>>> Found = new(() =>
        [.. SchemaCheck.Versions.Select(version => SchemaCheck.Errors(version, [.. Objects()]))]);

    public static TheoryData<int> EveryMistake => [.. Enumerable.Range(0, Mistakes.Length)];

    [Fact]
    public void Finds_nothing_wrong_with_what_is_right() =>
        Assert.All(Found.Value, errors => Assert.DoesNotContain(errors, error => error.Object.Name == "right"));

    [Theory]
    [MemberData(nameof(EveryMistake))]
    public void Finds_what_is_wrong_and_names_it(int mistake)
    {
        foreach (var errors in Found.Value)
            Assert.Contains(errors, error => error.Object.Name == $"wrong-{mistake}" && error.Message.Contains(Mistakes[mistake].Named, StringComparison.Ordinal));
    }

    [Fact]
    public void A_field_that_came_later_is_none_of_an_older_version()
    {
        Assert.Contains(Found.Value[0], error => error.Object.Name == "later" && error.Message.Contains("restartPolicyRules", StringComparison.Ordinal));
        Assert.DoesNotContain(Found.Value[1], error => error.Object.Name == "later");
    }

    private static IEnumerable<Manifest> Objects()
    {
        foreach (var right in new[] { Deployment, Scaled, Monitor })
            yield return Parse(right, "right");
        for (var i = 0; i < Mistakes.Length; i++)
        {
            var (text, right, wrong, _) = Mistakes[i];
            Assert.Contains(right, text, StringComparison.Ordinal);
            yield return Parse(text.Replace(right, wrong, StringComparison.Ordinal), $"wrong-{i}");
        }

        yield return Parse(Deployment.Replace("image: one", "image: one\n          restartPolicyRules: []", StringComparison.Ordinal), "later");
    }

    private static Manifest Parse(string text, string name)
    {
        var manifest = new Manifest(Assert.Single(Yaml.Documents(text)));
        manifest.Json["metadata"]!["name"] = name;
        return manifest;
    }
}
