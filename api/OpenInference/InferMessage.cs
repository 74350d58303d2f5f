using Orrery.Engine;

namespace Orrery.Api.OpenInference;

/// <summary>An output the caller wants.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Binary">Whether after the JSON, as bytes; null for the request's default.</param>
/// <param name="Classes">How many of a row's largest values are wanted instead; 0 for the output itself.</param>
internal sealed record WantedOutput(string Name, bool? Binary, int Classes = 0);

/// <summary>An inference request, read.</summary>
internal sealed record InferMessage
{
    /// <summary>Echoed; null when absent.</summary>
    public string? Id { get; init; }

    public IReadOnlyList<NamedTensor> Inputs { get; init; } = [];

    /// <summary>Empty for all.</summary>
    public IReadOnlyList<WantedOutput> Outputs { get; init; } = [];

    /// <summary>Whether outputs that do not say come as bytes.</summary>
    public bool BinaryOutputs { get; init; }

    public Priority Priority { get; init; }

    public TimeSpan? Timeout { get; init; }
}
