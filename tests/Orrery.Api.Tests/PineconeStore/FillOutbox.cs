using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Pinecone;

namespace Orrery.Api.Tests.Stores;

/// <summary>The program that a test kills: it upserts without end, and prints what was acknowledged.</summary>
internal static class FillOutbox
{
    /// <param name="arguments">The outbox's folder, the service's port, and the number that records begin at.</param>
    public static async Task<int> Main(string[] arguments)
    {
        using var handler = new SocketsHttpHandler();
        var store = PineconeStore.Open(Vectors(arguments[0]), Pinecone(int.Parse(arguments[1], CultureInfo.InvariantCulture)), handler, NullLoggerFactory.Instance, TimeProvider.System).Value!;
        await using var closing = store;
        for (var number = int.Parse(arguments[2], CultureInfo.InvariantCulture); ; number++)
        {
            var receipt = (await store.UpsertAsync(Record(number), default)).Value!;
            await Console.Out.WriteLineAsync($"{number} {(receipt.Queued ? "queued" : "taken")}");
            await Console.Out.FlushAsync();
        }
    }

    public static VectorOptions Vectors(string folder) => new() { Directory = folder, Index = "talks" };

    public static PineconeOptions Pinecone(int port) => new()
    {
        ApiKey = "key",
        ControlHost = $"http://127.0.0.1:{port}",
        Timeout = TimeSpan.FromMilliseconds(300),
        Patience = TimeSpan.FromMilliseconds(100),
        RetryDelay = TimeSpan.FromMilliseconds(20),
        MaxRetries = 2,
        BreakerTries = 50,
        BreakerDelay = TimeSpan.FromMilliseconds(500),
    };

    /// <summary>A record of one of three namespaces, whose value is its number.</summary>
    public static UpsertRequest Record(int number) => new()
    {
        Index = "talks",
        Namespace = $"n{number % 3}",
        Ids = [number.ToString(CultureInfo.InvariantCulture)],
        Dimension = 2,
        Values = new float[] { number, 1 },
    };
}
