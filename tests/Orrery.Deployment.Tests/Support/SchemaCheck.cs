using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Orrery.Deployment.Tests.Support;

/// <summary>One thing wrong with one object.</summary>
internal sealed record SchemaError(Manifest Object, string Message)
{
    public override string ToString() => $"{Object}: {Message}";
}

/// <summary>Kubernetes' own OpenAPI schemas, applied by <c>schemas/check.mjs</c>.</summary>
internal static class SchemaCheck
{
    /// <summary>The versions that the manifests are for: the oldest and the newest with schemas pinned.</summary>
    public static readonly IReadOnlyList<string> Versions = ["1.33", "1.36"];

    /// <summary>What is wrong; empty when all is right. It takes two seconds, whether of one object or of a hundred.</summary>
    public static IReadOnlyList<SchemaError> Errors(string version, IReadOnlyList<Manifest> objects)
    {
        var start = new ProcessStartInfo("node", [Checkout.File("tests", "Orrery.Deployment.Tests", "schemas", "check.mjs"), version])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var failure = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(new JsonArray([.. objects.Select(one => one.Json.DeepClone())]).ToJsonString());
        process.StandardInput.Close();
        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(failure.Result);
        return [.. JsonNode.Parse(answer)!.AsArray().Select(error => new SchemaError(objects[(int)error!["index"]!], (string)error["message"]!))];
    }
}
