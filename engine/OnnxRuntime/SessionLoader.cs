using System.Runtime.InteropServices;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Creates a native session with the first providers of the wanted ones that work here.</summary>
internal static unsafe class SessionLoader
{
    /// <summary>A new session, the providers it was made with (without the CPU), and those that do not run.</summary>
    internal sealed record Loaded(OrtHandle Session, List<ExecutionProvider> Registered, List<SkippedProvider> Skipped);

    internal static Loaded FromFile(OrtEnvironment environment, string path, OrtSessionOptions options)
    {
        fixed (byte* text = OrtText.Path(path))
            return Load(environment, text, null, options, $"The model {path}");
    }

    internal static Loaded FromMemory(OrtEnvironment environment, ReadOnlySpan<byte> model, OrtSessionOptions options)
    {
        fixed (byte* bytes = model)
            return Load(environment, bytes, (nuint)model.Length, options, "The model in memory");
    }

    /// <summary>Tries the wanted providers in order; see <see cref="OrtSessionOptions.Providers"/>.</summary>
    private static Loaded Load(OrtEnvironment environment, byte* source, nuint? length, OrtSessionOptions options, string what)
    {
        var skipped = new List<SkippedProvider>();
        var registered = options.Providers.TakeWhile(p => p.Name != ProviderRegistration.Cpu).ToList();
        var api = OrtLibrary.Instance.Api;
        bool cpuAllowed = options.Providers.Count == 0 || options.Providers.Any(p => p.Name == ProviderRegistration.Cpu);
        while (true)
        {
            using var native = new NativeSessionOptions(options);
            registered.RemoveAll(provider =>
            {
                if (ProviderRegistration.TryAppend(native, provider) is not { } reason)
                    return false;
                skipped.Add(new SkippedProvider(provider.Name, reason));
                return true;
            });
            if (registered.Count == 0 && !cpuAllowed)
                throw new OrtException(OrtErrorCode.ExecutionProviderFailed,
                    $"{what}: no wanted execution provider can run it: {string.Join("; ", skipped.Select(s => $"{s.Name}: {s.Reason}"))}");

            nint session;
            nint own = environment.Handle.Acquire();
            nint status = length is { } size
                ? api->CreateSessionFromArray(own, source, size, native.Value, &session)
                : api->CreateSession(own, source, native.Value, &session);
            var handle = status == 0 ? new OrtHandle(session, api->ReleaseSession, environment.Handle) : null;
            environment.Handle.DangerousRelease();
            if (handle is not null)
                return new Loaded(handle, registered, skipped);
            var error = OrtException.FromStatus(api, status, $"{what} cannot be loaded");
            if (registered.Count == 0 || IsTheModelsFault(error.Code))
                throw error;
            skipped.Add(new SkippedProvider(registered[0].Name, error.Message));
            registered.RemoveAt(0);
        }
    }

    /// <summary>
    /// The provider that really runs: the most preferred that was given a node. Counts the nodes of each where the
    /// library can tell (1.24 or later); an older one is taken at its word.
    /// </summary>
    internal static string RunningProvider(nint session, List<ExecutionProvider> registered, Dictionary<string, int> nodes)
    {
        if (!OrtLibrary.Instance.Has124)
            return registered.Count > 0 ? registered[0].Name : ProviderRegistration.Cpu;
        var api = OrtLibrary.Instance.Api;
        nint* subgraphs;
        nuint count;
        OrtException.ThrowIfError(api, api->SessionGetEpGraphAssignment(session, &subgraphs, &count));
        for (nuint i = 0; i < count; i++)
        {
            byte* name;
            nint* members;
            nuint size;
            OrtException.ThrowIfError(api, api->AssignedSubgraphGetEpName(subgraphs[i], &name));
            OrtException.ThrowIfError(api, api->AssignedSubgraphGetNodes(subgraphs[i], &members, &size));
            string provider = ProviderRegistration.ShortName(Marshal.PtrToStringUTF8((nint)name) ?? "");
            nodes[provider] = nodes.GetValueOrDefault(provider) + (int)size;
        }
        return registered.Find(p => nodes.ContainsKey(ProviderRegistration.ShortName(p.Name)))?.Name ?? ProviderRegistration.Cpu;
    }

    /// <summary>No other provider would make these better.</summary>
    private static bool IsTheModelsFault(OrtErrorCode code) =>
        code is OrtErrorCode.NoSuchFile or OrtErrorCode.InvalidProtobuf or OrtErrorCode.InvalidGraph or OrtErrorCode.NoModel;
}
