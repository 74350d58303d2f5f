using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Orrery.Engine.Vectors.Pinecone;

/// <summary>Which host has an index: asked of the control plane, remembered, and asked anew when the host does not answer or knows nothing of it.</summary>
internal sealed class IndexDirectory(PineconeClient client, PineconeOptions options, TimeProvider time, ILogger logger)
{
    // While a host is down for long, the control plane is not asked about it with each call.
    private static readonly TimeSpan _doubtEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Located> _known = new(StringComparer.Ordinal);

    /// <summary>The control plane's address of something.</summary>
    public Uri Control(string path) => new(new Uri(options.ControlHost), path);

    /// <summary>The control plane's address of an index.</summary>
    public Uri ControlIndex(string index) => Control($"/indexes/{Uri.EscapeDataString(index)}");

    /// <summary>What is known of an index without asking; null when nothing is.</summary>
    public IndexInfo? Known(string index) => _known.TryGetValue(index, out var located) ? located.Info : null;

    /// <summary>Keeps what an answer told.</summary>
    public void Remember(IndexInfo info) => _known[info.Spec.Name] = new Located(info, time.GetTimestamp(), false);

    /// <summary>Forgets an index that is gone.</summary>
    public void Forget(string index) => _known.TryRemove(index, out _);

    /// <summary>An index, from memory if nothing speaks against it.</summary>
    public async ValueTask<Outcome<IndexInfo>> FindAsync(string index, TimeSpan? patience, CancellationToken cancellation)
    {
        if (!_known.TryGetValue(index, out var located))
            return await LookUpAsync(index, patience, cancellation);
        if (!located.Doubted || time.GetElapsedTime(located.At) < _doubtEvery)
            return located.Info;
        var fresh = await LookUpAsync(index, patience, cancellation);
        if (fresh.Value is not null || fresh.Error!.Kind == InferenceErrorKind.NotFound)
            return fresh;
        _known.TryUpdate(index, located with { At = time.GetTimestamp() }, located);
        return located.Info;
    }

    /// <summary>An index, as the control plane tells it now.</summary>
    public async ValueTask<Outcome<IndexInfo>> LookUpAsync(string index, TimeSpan? patience, CancellationToken cancellation)
    {
        var answer = await client.SendAsync(HttpMethod.Get, ControlIndex(index), default, patience, cancellation);
        if (!answer.TryGet(out var reply, out var error))
        {
            if (error.Kind == InferenceErrorKind.NotFound)
                Forget(index);
            return error.Kind == InferenceErrorKind.NotFound ? new(InferenceErrorKind.NotFound, $"no index '{index}' ({error.Message})", "index") : error;
        }

        using (reply)
        {
            if (IndexJson.Read(reply.Json) is not { } info)
                return new InferenceError(InferenceErrorKind.Failed, $"Pinecone tells of index '{index}' what cannot be used here");
            if (Known(index)?.Host != info.Host)
                Log.Located(logger, index, info.Host!);
            Remember(info);
            return info;
        }
    }

    /// <summary>Calls the host that has an index, and the one that has it now when the one that was known says that it has not.</summary>
    /// <param name="index">The index.</param>
    /// <param name="method">How.</param>
    /// <param name="path">The path and query.</param>
    /// <param name="body">JSON as UTF-8, empty for none.</param>
    /// <param name="patience">How long each call may take with its tries; null for as long as it does.</param>
    /// <param name="cancellation">Gives up, with an exception.</param>
    /// <returns>The answer; a <see cref="InferenceErrorKind.NotFound"/> names the field "index" when that is missing, else a namespace is.</returns>
    public async ValueTask<Outcome<PineconeReply>> CallAsync(
        string index, HttpMethod method, string path, ReadOnlyMemory<byte> body, TimeSpan? patience, CancellationToken cancellation)
    {
        if (!(await FindAsync(index, patience, cancellation)).TryGet(out var info, out var error))
            return error;
        var answer = await client.SendAsync(method, Address(info, path), body, patience, cancellation);
        if (answer.Error is null)
            return answer;
        if (answer.Error is { Kind: InferenceErrorKind.Unavailable, RetryAfter: not null } && _known.TryGetValue(index, out var located) && !located.Doubted)
            _known.TryUpdate(index, located with { Doubted = true }, located);
        if (answer.Error.Kind != InferenceErrorKind.NotFound)
            return answer;
        if (!(await LookUpAsync(index, patience, cancellation)).TryGet(out var fresh, out error))
            return error;
        return fresh.Host == info.Host
            ? answer.Error with { Field = "namespace" }
            : await client.SendAsync(method, Address(fresh, path), body, patience, cancellation);
    }

    // Pinecone tells hosts without a scheme; a server on this machine may tell one.
    private Uri Address(IndexInfo info, string path)
    {
        var host = info.Host!.Contains("://", StringComparison.Ordinal) ? info.Host : $"{new Uri(options.ControlHost).Scheme}://{info.Host}";
        return new Uri(host.TrimEnd('/') + path);
    }

    private sealed record Located(IndexInfo Info, long At, bool Doubted);
}
