using Orrery.Engine.Vectors;
using Orrery.Interfaces.Wire;

namespace Orrery.Interfaces;

/// <summary>
/// The owner of one shard of a namespace, on the silo whose store has it; the key is a <see cref="ShardKey"/>. It interleaves: the store puts
/// writes in order. Where the shard is not (it was never opened, or is removed) it answers <see cref="Answer{T}.Gone"/>. Every call may be
/// made again.
/// </summary>
[Alias("orrery.vector-owner-grain")]
public interface IVectorOwnerGrain : IGrainWithStringKey
{
    /// <summary>Makes the shard, empty, if it is not there.</summary>
    /// <param name="index">What its index is.</param>
    [Alias("Open")]
    Task<Answer<Value<bool>>> OpenAsync(IndexSpec index);

    /// <summary>Removes the shard with all that is in it.</summary>
    [Alias("Close")]
    Task<Answer<Value<bool>>> CloseAsync();

    /// <summary>Writes records whole. All or nothing.</summary>
    /// <returns>How many.</returns>
    [Alias("Upsert")]
    ValueTask<Answer<Value<int>>> UpsertAsync(UpsertCall request, CancellationToken cancellation);

    /// <summary>The records of the shard nearest to a vector, best first.</summary>
    [Alias("Query")]
    ValueTask<Answer<RecordRows>> QueryAsync(QueryCall request, CancellationToken cancellation);

    /// <summary>Records by id.</summary>
    [Alias("Fetch")]
    ValueTask<Answer<RecordRows>> FetchAsync(string[] ids, CancellationToken cancellation);

    /// <summary>Records by filter, a page at a time.</summary>
    [Alias("Find")]
    ValueTask<Answer<RecordRows>> FindAsync(FindCall request, CancellationToken cancellation);

    /// <summary>Changes one record, or all that a filter matches.</summary>
    /// <returns>How many were meant.</returns>
    [Alias("Update")]
    ValueTask<Answer<Value<long>>> UpdateAsync(UpdateCall request, CancellationToken cancellation);

    /// <summary>Removes records.</summary>
    [Alias("Delete")]
    ValueTask<Answer<Value<bool>>> DeleteAsync(DeleteCall request, CancellationToken cancellation);

    /// <summary>Ids in bytewise order.</summary>
    [Alias("List")]
    ValueTask<Answer<IdRows>> ListAsync(ListCall request, CancellationToken cancellation);

    /// <summary>Counts records.</summary>
    /// <param name="filter">Counts only what matches, a filter's JSON; empty for all.</param>
    /// <param name="cancellation">Gives up.</param>
    [Alias("Count")]
    ValueTask<Answer<Value<long>>> CountAsync(ReadOnlyMemory<byte> filter, CancellationToken cancellation);
}
