using Orrery.Engine;

namespace Orrery.Interfaces.Wire;

/// <summary>Asks a replica for entities; the fields are <see cref="EntityRequest"/>'s.</summary>
[GenerateSerializer, Immutable, Alias("orrery.entities")]
public sealed class EntityCall
{
    /// <summary>The texts.</summary>
    [Id(0)]
    public required Texts Texts { get; init; }

    /// <summary>Who waits, and how long.</summary>
    [Id(1)]
    public required Terms Terms { get; init; }

    /// <summary>See <see cref="EntityRequest.Aggregation"/>.</summary>
    [Id(2)]
    public EntityAggregation Aggregation { get; init; }

    /// <summary>See <see cref="EntityRequest.IgnoreLabels"/>.</summary>
    [Id(3)]
    public required string[] IgnoreLabels { get; init; }

    /// <summary>A part of a request.</summary>
    public static EntityCall Of(EntityRequest request, Range range, TimeSpan? timeout) => new()
    {
        Texts = Texts.Of(request.Inputs, range),
        Terms = new Terms { Priority = request.Priority, Timeout = timeout, Truncation = request.Truncation },
        Aggregation = request.Aggregation,
        IgnoreLabels = [.. request.IgnoreLabels],
    };

    /// <summary>As the engine takes it.</summary>
    /// <param name="model">The replica's model.</param>
    public EntityRequest ToRequest(string model) => new()
    {
        Model = model,
        Inputs = Texts.ToInputs(),
        Priority = Terms.Priority,
        Timeout = Terms.Timeout,
        Truncation = Terms.Truncation,
        Aggregation = Aggregation,
        IgnoreLabels = IgnoreLabels,
    };
}
