using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;
using Orrery.Standalone.Tests.Training;

namespace Orrery.Standalone.Tests.Vectors;

public sealed class EmbedCommandTests : IDisposable
{
    private readonly Workshop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task Keeps_a_files_rows_with_ids_and_metadata()
    {
        var data = _shop.Write("data.jsonl", string.Concat(Enumerable.Range(0, 600).Select(i =>
            $$"""{"key":"r{{i}}","text":"row {{i}}","year":{{1900 + (i % 100)}},"topic":{{(i % 3 == 0 ? "null" : "\"t" + (i % 7) + "\"")}}}""" + "\n")));
        var (code, output) = await EmbedAsync(data, "--namespace", "docs", "--id-column", "key", "--metadata", "topic", "--metadata", "text", "--metadata-number", "year");
        Assert.True(code == 0, output);
        Assert.Contains("600 rows in namespace 'docs'", output, StringComparison.Ordinal);

        await using var store = await OpenAsync();
        var info = (await store.FindNamespaceAsync("default", "docs", default)).Value!;
        Assert.Equal((600, "tiny-mean"), (info.Records, info.Model!.Name));
        var records = (await store.FetchAsync(new FetchRequest { Index = "default", Namespace = "docs", Ids = ["r3", "r4"] }, default)).Value!.Records.ToDictionary(record => record.Id, record => Encoding.UTF8.GetString(record.Metadata.Span));
        Assert.Equal("""{"text":"row 3","year":1903}""", records["r3"]);
        Assert.Equal("""{"text":"row 4","topic":"t4","year":1904}""", records["r4"]);
        var filter = VectorFilter.Parse("""{"year":{"$gte":1990},"topic":"t4"}"""u8.ToArray()).Value!;
        var found = (await store.FetchAsync(new FetchRequest { Index = "default", Namespace = "docs", Filter = filter, Limit = 1000 }, default)).Value!.Records;
        Assert.Equal(Enumerable.Range(0, 600).Count(i => i % 100 >= 90 && i % 7 == 4 && i % 3 != 0), found.Count);
    }

    [Fact]
    public async Task Goes_on_where_it_was_killed()
    {
        const int Rows = 40_000;
        var data = _shop.Rows("data.csv", Rows);
        var kills = 0;
        while (true)
        {
            using var process = Start(data, "--namespace", "docs");
            var before = Noted();
            var clock = Stopwatch.StartNew();
            while (kills < 3 && Noted() < before + 4000 && !process.HasExited)
            {
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(3), $"it does nothing: {process.Output}");
                await Task.Delay(5);
            }

            if (kills == 3 || process.HasExited)
            {
                Assert.True(await process.EndAsync() == 0, process.Output);
                if (kills > 0)
                    Assert.Matches($"{Rows} rows in namespace 'docs', [1-9][0-9]* of them before", process.Output);
                break;
            }

            Process.GetProcessById(process.Id).Kill();
            await process.EndAsync();
            kills++;
        }

        Assert.True(kills > 0, "it was done before it could be killed");
        Assert.Empty(Notes());
        await using var store = await OpenAsync();
        Assert.Equal(Rows, (await store.FindNamespaceAsync("default", "docs", default)).Value!.Records);

        long Noted() => Notes().Select(path => long.TryParse(File.ReadAllText(path), out var rows) ? rows : 0).DefaultIfEmpty(0).Max();
        string[] Notes() => Directory.Exists(_shop.At("vectors")) ? Directory.GetFiles(_shop.At("vectors"), "embed-*.rows") : [];
    }

    [Fact]
    public async Task Refuses_another_model_and_says_which_line_is_wrong()
    {
        var data = _shop.Write("data.csv", "text,n\na,1\nb,x\n");
        var (code, output) = await EmbedAsync(data, "--namespace", "docs", "--metadata-number", "n");
        Assert.Equal(2, code);
        Assert.Contains("line 3: 'x' in column 'n' is not a number", output, StringComparison.Ordinal);

        Assert.Equal(0, (await EmbedAsync(data, "--namespace", "docs", "--metadata", "n")).Code);
        (code, output) = await RunAsync("embed", "--data", data, "--namespace", "docs", "--models", Checkout.Fixture("tiny-cls"), "--model", "tiny-cls");
        Assert.Equal(2, code);
        Assert.Contains("holds vectors of model 'tiny-mean'", output, StringComparison.Ordinal);

        (code, output) = await EmbedAsync(data, "--namespace", "docs", "--index", "nowhere");
        Assert.Equal(2, code);
        Assert.Contains("nowhere", output, StringComparison.Ordinal);
        (code, output) = await EmbedAsync(_shop.At("missing.csv"), "--namespace", "docs");
        Assert.Equal(2, code);
        Assert.Contains("missing.csv", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_a_store_alone_that_a_server_has_open()
    {
        var (server, client) = await OrreryProcess.ServeAsync(["--models", Checkout.Fixture("tiny-mean")], ("VECTOR_DIR", _shop.At("vectors")));
        using var stopped = server;
        using var closed = client;
        using var content = new StringContent("""{"input":"one","upsert":{"namespace":"docs","ids":["a"]}}""", Encoding.UTF8, "application/json");
        using var kept = await client.PostAsync(new Uri("/v1/embeddings", UriKind.Relative), content);
        Assert.True(kept.IsSuccessStatusCode, await kept.Content.ReadAsStringAsync());

        var (code, output) = await EmbedAsync(_shop.Write("data.csv", "text\na\n"), "--namespace", "docs");
        Assert.Equal(2, code);
        Assert.Contains(_shop.At("vectors"), output, StringComparison.Ordinal);

        using var query = new StringContent("""{"text":"one","namespace":"docs"}""", Encoding.UTF8, "application/json");
        using var found = await client.PostAsync(new Uri("/v1/search", UriKind.Relative), query);
        Assert.Equal("a", JsonDocument.Parse(await found.Content.ReadAsStringAsync()).RootElement.GetProperty("matches")[0].GetProperty("id").GetString());

        // The server takes what the command may not write itself.
        string[] through = ["--server", client.BaseAddress!.ToString(), "--namespace", "docs", "--id-column", "id", "--metadata", "label"];
        (code, output) = await RunAsync(["embed", "--data", _shop.Rows("rows.csv", 700), .. through]);
        Assert.True(code == 0, output);
        Assert.Contains("700 rows in namespace 'docs'", output, StringComparison.Ordinal);
        using var all = new StringContent("""{"text":"one","namespace":"docs","top_k":1000,"filter":{"label":"fruit"}}""", Encoding.UTF8, "application/json");
        using var fruit = await client.PostAsync(new Uri("/v1/search", UriKind.Relative), all);
        Assert.Equal(350, JsonDocument.Parse(await fruit.Content.ReadAsStringAsync()).RootElement.GetProperty("matches").GetArrayLength());
        (code, output) = await RunAsync(["embed", "--data", _shop.Write("twice.csv", "id,text,label\nx,a,b\nx,c,d\n"), .. through]);
        Assert.Equal(2, code);
        Assert.Contains("'x' is there twice", output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output)> EmbedAsync(string data, params string[] more) => RunAsync(Arguments(data, more));

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = new OrreryProcess(arguments, ("VECTOR_DIR", _shop.At("vectors")));
        var code = await process.EndAsync();
        return (code, process.Output);
    }

    private OrreryProcess Start(string data, params string[] more) => new(Arguments(data, more), ("VECTOR_DIR", _shop.At("vectors")));

    private static string[] Arguments(string data, string[] more) => ["embed", "--data", data, "--models", Checkout.Fixture("tiny-mean"), "--model", "tiny-mean", .. more];

    private async Task<EmbeddedStore> OpenAsync() =>
        (await EmbeddedStore.OpenAsync(new VectorOptions { Directory = _shop.At("vectors") }, NullLoggerFactory.Instance, TimeProvider.System, default)).Value!;
}
