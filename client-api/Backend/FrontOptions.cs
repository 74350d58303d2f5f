using Orrery.Fleet.Routing;

namespace Orrery.ClientApi.Backend;

/// <summary>How a front answers. Validated once, at start.</summary>
public sealed record FrontOptions
{
    /// <summary>The model that answers requests without a model's name, where it does what they ask; null for the first by name that does.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>The detectors that answer requests which name none; empty for every ready one that judges single texts.</summary>
    public IReadOnlyList<string> DefaultDetectors { get; init; } = [];

    /// <summary>The deadline of requests that bring none.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How requests are split and routed.</summary>
    public RouterOptions Router { get; init; } = new();

    /// <summary>Says what is wrong, naming the property; null when nothing is.</summary>
    public string? Validate() => RequestTimeout <= TimeSpan.Zero ? $"{nameof(RequestTimeout)} must be positive, not {RequestTimeout}" : Router.Validate();
}
