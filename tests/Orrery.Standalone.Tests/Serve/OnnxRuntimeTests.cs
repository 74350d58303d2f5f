using System.Diagnostics;
using System.Net.Http.Json;
using Orrery.Standalone.Tests.Training;

namespace Orrery.Standalone.Tests.Serve;

/// <summary>The library that a process runs: which one it is, and what it must not do.</summary>
public sealed class OnnxRuntimeTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("orrery-test-home-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task Tells_which_execution_providers_the_library_carries()
    {
        var (process, client) = await OrreryProcess.ServeAsync("--models", Checkout.Fixture("tiny-mean"));
        using (process)
        using (client)
            Assert.Matches(@"ONNX Runtime \d+\.\d+\.\d+ \(.*cpu.*\)", process.Output);
    }

    /// <summary>ONNX Runtime's own way is a device's id and a database of events under the home, from the moment it is loaded.</summary>
    [Fact]
    public async Task Serving_leaves_nothing_in_the_users_home()
    {
        var (process, client) = await OrreryProcess.ServeAsync(["--models", Checkout.Fixture("tiny-mean")], Home());
        using (process)
        using (client)
        {
            Assert.True((await client.PostAsJsonAsync("/v1/embeddings", new { model = "tiny-mean", input = "a text" })).IsSuccessStatusCode);
            process.Terminate();
            Assert.Equal(0, await process.EndAsync());
        }

        Assert.Empty(Left());
    }

    [Fact]
    public async Task Training_leaves_nothing_in_the_users_home()
    {
        using var shop = new Workshop();
        using var process = new OrreryProcess(
            ["train", "--data", shop.Rows("train.csv", 100), "--models", Checkout.Fixture("tiny-mean"), "--model", "tiny-mean", "--out", shop.At("head")], Home());
        Assert.True(await process.EndAsync() == 0, process.Output);

        Assert.Empty(Left());
    }

    [CompilerFact]
    public async Task Refuses_a_library_older_than_the_package_needs_by_both_versions()
    {
        var library = Path.Combine(_home, "libonnxruntime.so");
        using (var compiler = Process.Start("cc", ["-shared", "-fPIC", "-o", library, Path.Combine(Checkout.Root, "tests", "fixtures", "onnxruntime", "old.c")]))
        {
            await compiler.WaitForExitAsync();
            Assert.Equal(0, compiler.ExitCode);
        }

        foreach (var named in (string[])[library, _home])
        {
            using var process = new OrreryProcess(["serve", "--models", Checkout.Fixture("tiny-mean")], ("ORRERY_ONNXRUNTIME", named));
            Assert.NotEqual(0, await process.EndAsync());
            Assert.Matches($@"{library} is version 1\.30\.0; Microsoft\.ML\.OnnxRuntime 1\.\d+\.\d+, with which it is called, needs 1\.31 or later", process.Output);
            Assert.DoesNotContain("Unhandled", process.Output, StringComparison.Ordinal);
        }
    }

    private (string Name, string Value)[] Home() => [("HOME", _home), ("XDG_CACHE_HOME", ""), ("ORT_DISABLE_TELEMETRY", "")];

    private IEnumerable<string> Left() => Directory.EnumerateFileSystemEntries(_home, "*", SearchOption.AllDirectories);

    /// <summary>A test that compiles a library: skipped, with the reason, where there is no C compiler.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class CompilerFactAttribute : FactAttribute
    {
        public CompilerFactAttribute()
        {
            if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "cc"))))
                Skip = "There is no C compiler (cc) to make an older library with.";
        }
    }
}
