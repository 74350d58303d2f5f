using Microsoft.AspNetCore.Http;

namespace Orrery.Standalone.Tests.Models;

/// <summary>A hub that is broken, or means harm: each time one line says what was wrong, and nothing is taken beyond what was announced.</summary>
public sealed class OddHubTests : IAsyncLifetime
{
    private const int Refused = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("orrery-test-").FullName;
    private HubServer _hub = null!;

    public static TheoryData<string, string> Listings => new()
    {
        { "", "not valid JSON" },
        { "{\"siblings\":", "not valid JSON" },
        { "[]", "siblings" },
        { "null", "siblings" },
        { "{}", "siblings" },
        { "{\"siblings\":{}}", "siblings" },
        { "{\"siblings\":[1]}", "rfilename" },
        { "{\"siblings\":[{}]}", "rfilename" },
        { "{\"siblings\":[{\"rfilename\":null}]}", "rfilename" },
        { "{\"siblings\":[{\"rfilename\":7}]}", "rfilename" },
        { "{\"siblings\":[{\"rfilename\":\"\\ud800\"}]}", "surrogate" },
        { "{\"siblings\":[{\"rfilename\":\"a\\u001b[2Jb\"}]}", "not to be shown" },
        { "{\"siblings\":[{\"rfilename\":\"a\\u0000b\"}]}", "not to be shown" },
        { "{\"siblings\":[{\"rfilename\":\"a\\u202exnno.b\"}]}", "not to be shown" },
        { "{\"siblings\":[{\"rfilename\":\"model.onnx\",\"size\":\"11\"}]}", "size" },
        { "{\"siblings\":[{\"rfilename\":\"model.onnx\",\"size\":-1}]}", "size" },
        { "{\"siblings\":[{\"rfilename\":\"model.onnx\",\"size\":1e99}]}", "size" },
        { "{\"siblings\":[{\"rfilename\":\"model.onnx\",\"lfs\":{\"sha256\":\"abc\"}}]}", "sha256" },
        { "{\"siblings\":[{\"rfilename\":\"model.onnx\",\"lfs\":{\"sha256\":5}}]}", "sha256" },
        { "{\"siblings\":[{\"rfilename\":\"model.onnx\",\"blobId\":[]}]}", "blobId" },
        { "{\"siblings\":[{\"rfilename\":\"model.onnx\"},{\"rfilename\":\"model.onnx\"}]}", "twice" },
        { "{\"sha\":\"../../x y\",\"siblings\":[{\"rfilename\":\"model.onnx\"}]}", "sha" },
        { "{\"sha\":{},\"siblings\":[{\"rfilename\":\"model.onnx\"}]}", "sha" },
        { "{\"siblings\":[{\"rfilename\":\"model.onnx\",\"size\":900000000000000000}]}", "the disk has" },
    };

    public async Task InitializeAsync()
    {
        _hub = await HubServer.StartAsync();
        _hub.Files["onnx/model.onnx"] = new byte[11];
    }

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Listings))]
    public async Task Says_what_is_wrong_with_a_list_of_files(string listing, string reason)
    {
        _hub.Listing = context => context.Response.WriteAsync(listing);
        await SaysAsync(reason);
    }

    [Fact]
    public async Task Ends_a_list_of_files_that_never_ends()
    {
        _hub.Listing = Endless;
        await SaysAsync("more than 33554432 bytes");
    }

    [Fact]
    public async Task Ends_a_file_that_is_longer_than_was_announced_and_keeps_nothing_of_it()
    {
        _hub.Content = Endless;
        await SaysAsync("the 11 bytes that were announced");
        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Ends_a_file_of_no_announced_size_before_it_fills_the_disk()
    {
        _hub.Listing = context => context.Response.WriteAsync("{\"siblings\":[{\"rfilename\":\"model.onnx\"}]}");
        _hub.Content = Endless;
        _hub.Elsewhere = "/cdn/model.onnx";
        // The commit is the revision that was asked for where the hub names none.
        await SaysAsync("does not announce", $"owner/name@{HubServer.Commit}");
        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gives_up_a_hub_that_stalls_and_says_how_long_it_waited(bool listing)
    {
        RequestDelegate stalled = async context =>
        {
            await context.Response.WriteAsync("{");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        if (listing)
            _hub.Listing = stalled;
        else
            _hub.Content = stalled;
        await SaysAsync("for 1 s", environment: ("HF_HUB_DOWNLOAD_TIMEOUT", "1"));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("data:text/plain,x")]
    public async Task Follows_no_redirect_out_of_the_web(string where)
    {
        _hub.Elsewhere = where;
        await SaysAsync("not followed");
    }

    [Theory]
    [InlineData("//")]
    [InlineData("///")]
    public async Task Says_when_a_redirect_leads_to_no_address(string where)
    {
        _hub.Elsewhere = where;
        await SaysAsync("no address");
    }

    [Fact]
    public async Task Follows_redirects_a_few_times_only()
    {
        _hub.Elsewhere = $"/owner/name/resolve/{HubServer.Commit}/onnx/model.onnx";
        await SaysAsync("more than 10 times");
    }

    [Theory]
    [InlineData("HF_ENDPOINT", "file:///")]
    [InlineData("HF_TOKEN", "a b")]
    [InlineData("HF_HUB_DOWNLOAD_TIMEOUT", "soon")]
    public async Task Says_which_variable_makes_no_sense(string name, string value) => await SaysAsync(name, "owner/name", (name, value));

    private static async Task Endless(HttpContext context)
    {
        var block = new byte[1 << 16];
        Array.Fill(block, (byte)' ');
        while (!context.RequestAborted.IsCancellationRequested)
            await context.Response.Body.WriteAsync(block, context.RequestAborted);
    }

    private async Task SaysAsync(string reason, string model = "owner/name", params (string Name, string Value)[] environment)
    {
        using var process = new OrreryProcess(["models", "pull", model, "--to", _folder], [("HF_ENDPOINT", _hub.Address), .. environment]);
        Assert.Equal(Refused, await process.EndAsync());
        Assert.Contains(reason, process.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Output, StringComparison.Ordinal);
    }
}
