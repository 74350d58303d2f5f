using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

/// <summary>Where the library is looked for, and what is refused as one.</summary>
public sealed class LibraryTests
{
    [Fact]
    public void Says_where_it_looked_for_a_library_that_is_missing()
    {
        var error = Assert.Throws<OrtException>(() => OrtLibrary.Load(OrtLibrary.Candidates("/no/such/libonnxruntime.so", "/app")));

        Assert.Equal(OrtErrorCode.LibraryUnavailable, error.Code);
        Assert.Contains("/no/such/libonnxruntime.so", error.Message, StringComparison.Ordinal);
        Assert.Contains("ORRERY_ONNXRUNTIME", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Looks_beside_the_program_and_in_the_folder_of_its_platform()
    {
        var candidates = OrtLibrary.Candidates(variable: null, Path.GetFullPath("/app"));

        Assert.Equal(Path.GetFullPath("/app"), Path.GetDirectoryName(candidates[0]));
        Assert.StartsWith(Path.GetFullPath("/app/runtimes/"), Path.GetDirectoryName(candidates[^1]), StringComparison.Ordinal);
    }

    [Fact]
    public void Looks_into_a_folder_that_is_named()
    {
        string folder = Path.GetDirectoryName(Graphs.Environment.LibraryPath)!;

        Assert.Contains(Graphs.Environment.LibraryPath, OrtLibrary.Candidates(folder, "/app"));
        Assert.Equal(Graphs.Environment.Version, OrtLibrary.Load(OrtLibrary.Candidates(folder, "/app")).Version);
    }

    [Fact]
    public void Refuses_a_library_that_is_no_library_and_one_that_is_not_onnx_runtime()
    {
        var text = Assert.Throws<OrtException>(() => OrtLibrary.Load([Graphs.Source("Cluster.sln")]));
        Assert.Contains("cannot be loaded", text.Message, StringComparison.Ordinal);

        // Any real library but the right one: the runtime's own.
        string folder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string other = Directory.EnumerateFiles(folder, "*System.Native.*").First(f => !f.EndsWith(".a", StringComparison.Ordinal));
        var wrong = Assert.Throws<OrtException>(() => OrtLibrary.Load([other]));
        Assert.Contains("is not ONNX Runtime", wrong.Message, StringComparison.Ordinal);
    }
}
