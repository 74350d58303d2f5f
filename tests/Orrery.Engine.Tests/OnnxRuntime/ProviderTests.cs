using Orrery.Engine.OnnxRuntime;

namespace Orrery.Engine.Tests.OnnxRuntime;

public sealed class ProviderTests
{
    [Fact]
    public void Knows_its_library_and_providers()
    {
        Assert.True(Version.Parse(Graphs.Environment.Version) >= new Version(1, OrtLibrary.ApiVersion));
        Assert.Contains("cpu", Graphs.Environment.Providers);
    }

    [Fact]
    public void Runs_on_the_processor_when_nothing_is_wanted()
    {
        using var session = Graphs.Open("sums");

        Assert.Equal("cpu", session.Provider);
        Assert.Empty(session.SkippedProviders);
        Assert.Equal(["cpu"], session.ProviderNodes.Keys);
        Assert.Equal(3, session.ProviderNodes["cpu"]);
    }

    [Fact]
    public void Falls_back_in_order_to_the_processor_and_says_why()
    {
        // Openvino and coreml are not both in any one build; no machine has all of these.
        using var session = Graphs.Open("sums", Wanting("cuda", "tensorrt", "openvino", "coreml", "cpu"));

        Assert.Contains(session.Provider, new[] { "cpu", "cuda", "tensorrt", "openvino", "coreml" });
        Assert.NotEmpty(session.SkippedProviders);
        Assert.All(session.SkippedProviders, skipped => Assert.NotEmpty(skipped.Reason));
        Assert.DoesNotContain(session.Provider, session.SkippedProviders.Select(s => s.Name));
        Assert.True(session.ProviderNodes[session.Provider] > 0);
    }

    [Fact]
    public void Reports_the_processor_when_a_provider_does_not_exist()
    {
        using var session = Graphs.Open("sums", Wanting("no-such-provider", "cpu"));

        Assert.Equal("cpu", session.Provider);
        Assert.Equal(["no-such-provider"], session.SkippedProviders.Select(s => s.Name));
    }

    [Fact]
    public void Refuses_to_load_when_no_wanted_provider_works_and_the_processor_is_not_wanted()
    {
        var error = Assert.Throws<OrtException>(() => Graphs.Open("sums", Wanting("no-such-provider")));

        Assert.Equal(OrtErrorCode.ExecutionProviderFailed, error.Code);
        Assert.Contains("no-such-provider", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Does_not_try_what_stands_behind_the_processor()
    {
        using var session = Graphs.Open("sums", Wanting("cpu", "no-such-provider"));

        Assert.Equal("cpu", session.Provider);
        Assert.Empty(session.SkippedProviders);
    }

    [Fact]
    public void Skips_a_provider_whose_options_are_wrong()
    {
        var cuda = new ExecutionProvider("cuda", new Dictionary<string, string> { ["no_such_option"] = "1" });
        using var session = Graphs.Open("sums", new OrtSessionOptions { Providers = [cuda, ExecutionProvider.Cpu] });

        Assert.Equal("cpu", session.Provider);
        Assert.Equal("cuda", Assert.Single(session.SkippedProviders).Name);
    }

    [Fact]
    public void Blames_the_model_and_not_the_providers_when_the_model_is_broken()
    {
        var error = Assert.Throws<OrtException>(() => Graphs.Open("unknown_operator", Wanting("cuda", "cpu")));

        Assert.Contains("NoSuchOperator", error.Message, StringComparison.Ordinal);
    }

    private static OrtSessionOptions Wanting(params string[] names) =>
        new() { IntraOpThreads = 1, Providers = [.. names.Select(name => new ExecutionProvider(name))] };
}
