using Orrery.Api;
using Orrery.Api.Admin;

namespace Orrery.Hosting.Settings;

/// <summary>The keys of a process that answers over the HTTP protocols.</summary>
public static class ApiTable
{
    /// <summary>All under <c>Api</c>.</summary>
    public static IReadOnlyList<Setting<ApiOptions>> All { get; } =
    [
        SettingKinds.Int<ApiOptions>("Api:MaxBodyBytes", null, 1024, int.MaxValue, (a, v) => a with { MaxBodyBytes = v }),
        SettingKinds.Bytes<ApiOptions>("Api:MaxBytesInFlight", null, (a, v) => a with { MaxBytesInFlight = v }),
        SettingKinds.Int<ApiOptions>("Api:MaxClientBatchSize", null, 1, 1 << 20, (a, v) => a with { MaxClientBatchSize = v }),
        SettingKinds.Bool<ApiOptions>("Api:AutoTruncate", (a, v) => a with { AutoTruncate = v }),
        SettingKinds.Bool<ApiOptions>("Api:TeiLegacyStatus", (a, v) => a with { TeiLegacyStatus = v }),
        new("Api:PineconeKey", null, $"at least {AdminOptions.MinTokenLength} printable ASCII characters without blanks", (a, v) => AdminOptions.IsToken(v) ? a with { PineconeKey = v } : null, Secret: true),
    ];
}
