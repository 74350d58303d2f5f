using Orrery.Containers.Tests.Support;

namespace Orrery.Containers.Tests.Images;

/// <summary>All of the GPU's image that needs no CUDA: it is built, its program starts, and it says what is missing.</summary>
public sealed class SiloGpuTests
{
    private const string Image = $"orrery-silo-gpu:{Run.Tag}";

    [Fact]
    public async Task Refuses_to_start_where_there_is_no_accelerator_and_says_why()
    {
        var ended = await Docker.TryAsync("run", "--rm", "--network", "none", Image);
        Assert.Equal(2, ended.Code);
        Assert.StartsWith("orrery-silo: ", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("shows no NVIDIA device", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Has_the_provider_for_CUDA_and_runs_without_root()
    {
        Assert.NotEmpty(await Docker.DoAsync("run", "--rm", "--network", "none", "--entrypoint", "find", Image, "/app", "-name", "libonnxruntime_providers_cuda.so"));
        Assert.Equal("1654", await Docker.DoAsync("run", "--rm", "--network", "none", "--entrypoint", "id", Image, "-u"));
    }
}
