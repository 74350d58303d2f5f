using System.IO.Compression;
using System.Net;
using System.Text;
using Orrery.Api.Tests.Support;

namespace Orrery.Deployment.Tests.Packages;

/// <summary>A NuGet source on loopback with packages and, where wanted, advisories about them. Protocol: https://learn.microsoft.com/nuget/api/overview.</summary>
internal sealed class AdvisoryFeed : IDisposable
{
    /// <summary>A package for each severity that an advisory may have: low, moderate, high, critical.</summary>
    public static readonly string[] Packages = ["orrery.test.low", "orrery.test.moderate", "orrery.test.high", "orrery.test.critical"];

    private readonly HttpListener _listener = new();
    private readonly bool _broken;

    /// <summary>Opens it.</summary>
    /// <param name="advisories">Whether it knows of advisories: one against each package, at the severity of its name.</param>
    /// <param name="broken">Whether it fails when it is asked for them.</param>
    public AdvisoryFeed(bool advisories, bool broken = false)
    {
        _broken = broken;
        Root = $"http://127.0.0.1:{Ports.Free()}/";
        _listener.Prefixes.Add(Root);
        _listener.Start();
        var resources = $$"""{"@id":"{{Root}}flat/","@type":"PackageBaseAddress/3.0.0"}""";
        if (advisories)
            resources += $$""",{"@id":"{{Root}}vulnerabilities","@type":"VulnerabilityInfo/6.7.0"}""";
        Index = $$"""{"version":"3.0.0","resources":[{{resources}}]}""";
        _ = ServeAsync();
    }

    /// <summary>Where the source's index is.</summary>
    public string Address => Root + "index.json";

    private string Root { get; }

    private string Index { get; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                var body = Answer(context.Request.Url!.AbsolutePath);
                context.Response.StatusCode = body is null ? 404 : body.Length == 0 ? 500 : 200;
                context.Response.Close(body ?? [], willBlock: false);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // Closed, or the client went.
            }
        }
    }

    private byte[]? Answer(string path)
    {
        if (path == "/index.json")
            return Encoding.UTF8.GetBytes(Index);
        if (path == "/vulnerabilities")
            return _broken ? [] : Encoding.UTF8.GetBytes($$"""[{"@name":"base","@id":"{{Root}}base","@updated":"2026-01-01T00:00:00Z","comment":""}]""");
        if (path == "/base")
            return Encoding.UTF8.GetBytes("{" + string.Join(',', Packages.Select((id, severity) => $$"""
                "{{id}}":[{"url":"https://example.com/{{id}}","severity":{{severity}},"versions":"[1.0.0]"}]
                """)) + "}");
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts is not ["flat", var package, ..] || !Packages.Contains(package))
            return null;
        return parts[2] == "index.json" ? """{"versions":["1.0.0"]}"""u8.ToArray() : parts[^1].EndsWith(".nupkg", StringComparison.Ordinal) ? Package(package) : null;
    }

    private static byte[] Package(string id)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var writer = new StreamWriter(zip.CreateEntry(id + ".nuspec").Open());
            writer.Write($"""<package><metadata><id>{id}</id><version>1.0.0</version><authors>tests</authors><description>empty</description></metadata></package>""");
        }

        return stream.ToArray();
    }
}
