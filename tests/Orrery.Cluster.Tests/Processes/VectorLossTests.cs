using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Orrery.Cluster.Tests.Support;
using Xunit.Abstractions;

namespace Orrery.Cluster.Tests.Processes;

/// <summary>Vectors in silos that are killed: nothing that was acknowledged is lost, and nothing is answered by halves.</summary>
[Collection(ProcessFixture.Collection)]
public sealed class VectorLossTests(ProcessFixture fixture, ITestOutputHelper output)
{
    private const string Namespace = "kept";

    [PostgresFact]
    public async Task What_was_acknowledged_is_there_when_killed_silos_are_back_with_their_folders()
    {
        var folders = Directory.CreateTempSubdirectory("orrery-loss-").FullName;
        (string, string)[] first = [("VECTOR_DIR", Path.Combine(folders, "first"))], second = [("VECTOR_DIR", Path.Combine(folders, "second"))];
        try
        {
            await using var cluster = await ProcessCluster.CreateAsync(fixture.Postgres, fixture.Models, [("ORRERY__Fleet__MinReplicas", "2")]);
            var (one, other) = (cluster.AddSilo(first), cluster.AddSilo(second));
            await cluster.GrowAsync(silos: 2, fronts: 1);
            await cluster.UntilAsync(ProcessFixture.Apart, "two replicas apart");
            var vector = await EmbedAsync(cluster, 0, 100);
            Assert.Equal(100, await SearchAsync(cluster, vector));

            // Texts come one by one while a silo is killed.
            using var ended = new CancellationTokenSource();
            var acknowledged = new HashSet<int>(Enumerable.Range(0, 100));
            var refused = new List<string>();
            var writing = Task.Run(async () =>
            {
                for (var i = 100; !ended.IsCancellationRequested; i++)
                {
                    using var answer = await PutAsync(cluster, i, 1);
                    if (answer.IsSuccessStatusCode)
                        acknowledged.Add(i);
                    else
                        refused.Add($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
                }
            });
            await Task.Delay(300);
            cluster.Kill(one);
            using (var answer = await AskAsync(cluster, vector))
            {
                var said = await answer.Content.ReadAsStringAsync();
                output.WriteLine(said);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.Contains($"of namespace '{Namespace}' in index 'default' cannot be reached", said, StringComparison.Ordinal);
            }

            // Those of the other silo's shards are taken, and it never takes those of the lost ones.
            await cluster.Front.UntilAsync(() => Task.FromResult(refused.Count > 3), "refusing what belongs to the lost shards");
            one.Dispose();
            cluster.AddSilo(first);
            await cluster.GrowAsync(silos: 2, fronts: 1);
            await cluster.Front.UntilAsync(async () => await TrySearchAsync(cluster, vector) is not null, "searching all shards again");
            await ended.CancelAsync();
            await writing;
            output.WriteLine($"{acknowledged.Count} acknowledged, {refused.Count} refused");
            Assert.All(refused, said => Assert.Contains("cannot be reached", said, StringComparison.Ordinal));
            Assert.Equal(acknowledged.Count, await CountAsync(cluster, vector, acknowledged));

            foreach (var silo in cluster.Silos.ToList())
            {
                cluster.Kill(silo);
                silo.Dispose();
            }

            cluster.AddSilo(second);
            await cluster.GrowAsync(silos: 1, fronts: 1);
            // The directory remembers what it cannot see: which store has the other shards.
            await cluster.Front.UntilAsync(async () =>
            {
                using var answer = await AskAsync(cluster, vector);
                return (await answer.Content.ReadAsStringAsync()).Contains("cannot be reached: its silo is away", StringComparison.Ordinal);
            }, "naming the silo that is away");
            cluster.AddSilo(first);
            await cluster.GrowAsync(silos: 2, fronts: 1);
            await cluster.Front.UntilAsync(async () => await TrySearchAsync(cluster, vector) is not null, "searching after all silos were lost");
            Assert.Equal(acknowledged.Count, await CountAsync(cluster, vector, acknowledged));
        }
        finally
        {
            Directory.Delete(folders, recursive: true);
        }
    }

    /// <summary>How many of the acknowledged are found. Of those refused some may be there: their answer was lost, not they.</summary>
    private static async Task<int> CountAsync(ProcessCluster cluster, float[] vector, HashSet<int> acknowledged)
    {
        using var answer = await AskAsync(cluster, vector);
        using var found = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return found.RootElement.GetProperty("matches").EnumerateArray().Count(match => acknowledged.Contains(int.Parse(match.GetProperty("id").GetString()!, System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static async Task<int> SearchAsync(ProcessCluster cluster, float[] vector)
    {
        using var answer = await AskAsync(cluster, vector);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("matches").GetArrayLength();
    }

    private static async Task<int?> TrySearchAsync(ProcessCluster cluster, float[] vector)
    {
        using var answer = await AskAsync(cluster, vector);
        return answer.StatusCode == HttpStatusCode.OK ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("matches").GetArrayLength() : null;
    }

    private static Task<HttpResponseMessage> AskAsync(ProcessCluster cluster, float[] vector) =>
        cluster.Front.Http.PostAsync("/v1/search", Json.Of(new { vector, top_k = 10_000, @namespace = Namespace }));

    private static Task<HttpResponseMessage> PutAsync(ProcessCluster cluster, int from, int count) => cluster.Front.Http.PostAsync("/v1/embeddings", Json.Of(new
    {
        model = "model",
        input = Enumerable.Range(from, count).Select(i => $"text {i}"),
        upsert = new { @namespace = Namespace, ids = Enumerable.Range(from, count).Select(i => $"{i}") },
    }));

    private static async Task<float[]> EmbedAsync(ProcessCluster cluster, int from, int count)
    {
        using var answer = await PutAsync(cluster, from, count);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.IsSuccessStatusCode, json.ToString());
        Assert.Equal(count, json.GetProperty("upsert").GetProperty("count").GetInt32());
        return [.. json.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(value => value.GetSingle())];
    }
}
