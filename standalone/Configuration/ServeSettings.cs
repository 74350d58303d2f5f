using Orrery.Api;
using Orrery.Engine;

namespace Orrery.Standalone.Configuration;

/// <summary>Everything that can be set of the single-process server.</summary>
internal sealed record ServeSettings
{
    /// <summary>The address to listen on; 127.0.0.1 keeps others out, 0.0.0.0 lets them in.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port, 0 for a free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>How long requests in flight are waited for at the end.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public EngineOptions Engine { get; init; } = new();

    public ApiOptions Api { get; init; } = new();
}
