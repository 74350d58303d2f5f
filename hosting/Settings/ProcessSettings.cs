using Orrery.Api.Admin;
using Orrery.Hosting.Telemetry;

namespace Orrery.Hosting.Settings;

/// <summary>What can be set of every process of ours. A process derives its own record, with the parts that it has.</summary>
public abstract record ProcessSettings
{
    private static readonly Setting<ProcessSettings>[] _table =
    [
        SettingKinds.Text<ProcessSettings>("Server:Host", null, "an address", (s, v) => s with { Host = v, Admin = s.Admin with { Host = v } }),
        SettingKinds.List<ProcessSettings>("Server:AllowedHosts", null, (s, v) => s with { Admin = s.Admin with { AllowedHosts = v } }),
        SettingKinds.Int<ProcessSettings>("Server:Port", "PORT", 0, 65535, (s, v) => s with { Port = v }),
        SettingKinds.Time<ProcessSettings>("Server:ShutdownTimeout", (s, v) => s with { ShutdownTimeout = v }),
        new("Admin:Token", "ADMIN_TOKEN", $"at least {AdminOptions.MinTokenLength} printable ASCII characters without blanks", (s, v) =>
            AdminOptions.IsToken(v) ? s with { Admin = s.Admin with { Token = v } } : null, Secret: true),
        .. TelemetryOptions.Table.Select(setting => setting.In<ProcessSettings>(all => all.Telemetry, (all, telemetry) => all with { Telemetry = telemetry })),
    ];

    /// <summary>The address to listen on; 127.0.0.1 keeps others out, 0.0.0.0 lets them in.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port, 0 for a free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>How long requests in flight are waited for at the end.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Who may use the routes that change things.</summary>
    public AdminOptions Admin { get; init; } = new();

    /// <summary>Where spans and measurements go.</summary>
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>The keys under <c>Server</c>, <c>Admin</c> and <c>Telemetry</c>.</summary>
    /// <typeparam name="TSettings">The process's own record.</typeparam>
    public static IEnumerable<Setting<TSettings>> Table<TSettings>()
        where TSettings : ProcessSettings =>
        // A record's copy has its own type, whatever type it is seen as.
        _table.Select(setting => setting.In<TSettings>(whole => whole, (_, changed) => (TSettings)changed));
}
