using System.Text;
using System.Text.Json;

namespace Orrery.Cluster.Tests.Support;

/// <summary>Bodies with a length, which may be sent again.</summary>
internal static class Json
{
    public static StringContent Of<T>(T value) => new(JsonSerializer.Serialize(value), Encoding.UTF8, "application/json");
}
