using Microsoft.Extensions.Logging.Abstractions;
using Orrery.Cluster.Tests.Support;
using Orrery.Engine.Vectors;
using Orrery.Engine.Vectors.Embedded;
using Orrery.Grains.Replicas;

namespace Orrery.Cluster.Tests.Vectors;

/// <summary>What two silos keep in shards reads as what one store keeps.</summary>
public sealed class MirrorTests
{
    [Theory]
    [InlineData(1, VectorMetric.Cosine, VectorElement.Float32, 3)]
    [InlineData(2, VectorMetric.Euclidean, VectorElement.Float32, 7)]
    [InlineData(3, VectorMetric.DotProduct, VectorElement.Int8, 1)]
    public async Task Answers_as_one_store_does(int seed, VectorMetric metric, VectorElement element, int shards)
    {
        var options = new VectorOptions { Metric = metric, Element = element, Shards = shards };
        using var folders = new VectorFolders(options);
        using var folder = new VectorFolders(options);
        await using var expected = await OneAsync(folder, options);
        var walk = new StoreWalk(seed, options.Index);
        // The second cluster has nothing but the folders: the directory's memory went with the first.
        for (var life = 0; life < 2; life++)
        {
            await using var fleet = await TestFleet.StartAsync([new SiloRole(), new SiloRole()], vectors: folders);
            for (var i = 0; i < 250; i++)
            {
                try
                {
                    await walk.StepAsync(expected, fleet.Vectors);
                }
                catch (Xunit.Sdk.XunitException e)
                {
                    Assert.Fail($"seed {seed}, life {life}, step {i} ({walk.Steps[^1]}): {e.Message}");
                }
            }
        }
    }

    private static async Task<EmbeddedStore> OneAsync(VectorFolders folder, VectorOptions options)
    {
        var opened = await EmbeddedStore.OpenAsync(options with { Directory = Path.Combine(folder.Root, "one") }, NullLoggerFactory.Instance, TimeProvider.System, default);
        Assert.True(opened.TryGet(out var store, out var error), error?.Message);
        return store;
    }
}
