using Microsoft.ML.OnnxRuntime;

namespace Orrery.Engine.OnnxRuntime;

/// <summary>Makes a session with the first providers of the wanted ones that work here.</summary>
internal static class SessionLoader
{
    /// <summary>A new session, the providers it was made with (without the CPU), and those that do not run.</summary>
    internal sealed record Loaded(InferenceSession Session, List<ExecutionProvider> Registered, List<SkippedProvider> Skipped);

    /// <summary>Tries the wanted providers in order; see <see cref="OrtSessionOptions.Providers"/>.</summary>
    /// <param name="create">Makes the session with the options given.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="what">Names the model in messages.</param>
    internal static Loaded Load(Func<SessionOptions, InferenceSession> create, OrtSessionOptions options, string what)
    {
        var skipped = new List<SkippedProvider>();
        var registered = options.Providers.TakeWhile(p => p.Name != ProviderRegistration.Cpu).ToList();
        bool cpuAllowed = options.Providers.Count == 0 || options.Providers.Any(p => p.Name == ProviderRegistration.Cpu);
        while (true)
        {
            using var native = options.ToNative();
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
            try
            {
                return new Loaded(create(native), registered, skipped);
            }
            catch (Exception thrown) when (OrtException.IsNative(thrown))
            {
                var error = OrtException.From(thrown, $"{what} cannot be loaded");
                if (registered.Count == 0 || IsTheModelsFault(error.Code))
                    throw error;
                skipped.Add(new SkippedProvider(registered[0].Name, error.Message));
                registered.RemoveAt(0);
            }
        }
    }

    /// <summary>The provider that really runs: the most preferred that was given a node.</summary>
    internal static string RunningProvider(List<ExecutionProvider> registered, Dictionary<string, int> nodes) =>
        registered.Find(p => nodes.ContainsKey(ProviderRegistration.ShortName(p.Name)))?.Name ?? ProviderRegistration.Cpu;

    /// <summary>No other provider would make these better.</summary>
    private static bool IsTheModelsFault(OrtErrorCode code) =>
        code is OrtErrorCode.NoSuchFile or OrtErrorCode.InvalidProtobuf or OrtErrorCode.InvalidGraph or OrtErrorCode.NoModel;
}
