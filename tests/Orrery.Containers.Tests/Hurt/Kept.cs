using System.Collections.Concurrent;
using System.Text.Json;
using Orrery.Containers.Tests.Support;

namespace Orrery.Containers.Tests.Hurt;

/// <summary>Vectors of a namespace of their own: those that were acknowledged, and whether they are there.</summary>
internal sealed class Kept
{
    public const int PerRequest = 4;

    private const int AskedAtOnce = 400;

    private readonly ConcurrentQueue<string> _acknowledged = new();

    public string Namespace { get; } = $"n-{Guid.NewGuid():N}";

    public int Count => _acknowledged.Count;

    public string Body(int client, int i) => JsonSerializer.Serialize(new
    {
        model = HurtFixture.Model,
        input = Ids(client, i).Select(id => $"a text that is kept as {id}"),
        upsert = new { @namespace = Namespace, ids = Ids(client, i) },
    });

    public void Acknowledge(int client, int i)
    {
        foreach (var id in Ids(client, i))
            _acknowledged.Enqueue(id);
    }

    /// <summary>Those that were acknowledged and are not there.</summary>
    public async Task<IReadOnlyList<string>> LostAsync(HttpClient http)
    {
        var lost = new List<string>();
        foreach (var ids in _acknowledged.Chunk(AskedAtOnce))
        {
            var said = "";
            await Run.UntilAsync(
                async () =>
                {
                    using var answer = await http.GetAsync($"/vectors/fetch?namespace={Namespace}&{string.Join('&', ids.Select(id => "ids=" + id))}");
                    said = await answer.Content.ReadAsStringAsync();
                    return answer.IsSuccessStatusCode;
                },
                "what was acknowledged, given back",
                TimeSpan.FromMinutes(1),
                () => Task.FromResult(said));
            using var json = JsonDocument.Parse(said);
            var found = json.RootElement.GetProperty("vectors").EnumerateObject().Select(record => record.Name).ToHashSet();
            lost.AddRange(ids.Where(id => !found.Contains(id)));
        }

        return lost;
    }

    private static IEnumerable<string> Ids(int client, int i) => Enumerable.Range(0, PerRequest).Select(one => $"{client}-{i}-{one}");
}
