using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orrery.Engine;

namespace Orrery.Interfaces;

/// <summary>How the engine's own types travel: what is seldom sent, as JSON; what is sent often, by the types of <c>Wire</c>.</summary>
public static class WireSerialization
{
    /// <summary>Registers it, on silos and clients alike.</summary>
    public static IServiceCollection AddWireSerialization(this IServiceCollection services) =>
        services.AddSerializer(serializer => serializer.AddJsonSerializer(type => type.Assembly == typeof(ModelInfo).Assembly && !type.IsEnum));
}
