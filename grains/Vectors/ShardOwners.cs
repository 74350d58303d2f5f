using Orrery.Engine;
using Orrery.Interfaces;
using Orrery.Interfaces.Wire;

namespace Orrery.Grains.Vectors;

/// <summary>The directory's way to the owners of a namespace's shards: all of them, or a refusal that names the one that is away.</summary>
internal sealed class ShardOwners(IGrainFactory grains, StoreTable stores, TimeProvider time)
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Names the first shard whose silo is away; null when none is.</summary>
    public InferenceError? FirstAway(NamespacePlace place)
    {
        for (var i = 0; i < place.Stores.Length; i++)
        {
            if (place.Stores[i] is not { } store || stores.Where(store) is null)
                return place.Away(i, "its silo is away");
        }

        return null;
    }

    /// <summary>Tells every owner something that may be told again.</summary>
    /// <returns>The first refusal; null when all did it.</returns>
    public async Task<InferenceError?> AllAsync(NamespacePlace place, Func<IVectorOwnerGrain, Task<Answer<Value<bool>>>> call)
    {
        var running = new Task<InferenceError?>[place.Stores.Length];
        for (var i = 0; i < running.Length; i++)
            running[i] = OneAsync(place, i, call);
        InferenceError? refused = null;
        foreach (var task in running)
            refused ??= await task;
        await Task.WhenAll(running);
        return refused;
    }

    private async Task<InferenceError?> OneAsync(NamespacePlace place, int number, Func<IVectorOwnerGrain, Task<Answer<Value<bool>>>> call)
    {
        var owner = grains.GetGrain<IVectorOwnerGrain>(place.Shard(number).ToString());
        var began = time.GetTimestamp();
        while (true)
        {
            string why;
            try
            {
                var answer = await call(owner).WaitAsync(_longest, time);
                if (!answer.Gone)
                    return answer.Error;
                why = "its silo has another store";
            }
            catch (Exception e) when (RemoteFault.Is(e))
            {
                // A silo that has just come is announced a moment before it can be called.
                why = e.Message;
            }

            if (time.GetElapsedTime(began) >= _longest || stores.Where(place.Stores[number]!) is null)
                return place.Away(number, why);
            await Task.Delay(_pause, time);
        }
    }
}
