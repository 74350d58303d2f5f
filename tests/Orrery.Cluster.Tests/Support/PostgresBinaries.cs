using System.Diagnostics;

namespace Orrery.Cluster.Tests.Support;

/// <summary>Where PostgreSQL's programs lie on this machine.</summary>
internal static class PostgresBinaries
{
    private static readonly Lazy<(string? Folder, string? Reason)> s_found = new(Find);

    /// <summary>The folder of initdb and postgres; null where there is none.</summary>
    public static string? Folder => s_found.Value.Folder;

    /// <summary>Why there is none.</summary>
    public static string? Reason => s_found.Value.Reason;

    private static (string?, string?) Find()
    {
        if (Newest() is { } folder)
            return (folder, null);
        const string Need = "needs PostgreSQL's server below /usr/lib/postgresql (Debian's package postgresql-15)";
        if (Environment.UserName != "root" || !File.Exists("/usr/bin/apt-get"))
            return (null, Need);
        using var install = Process.Start(new ProcessStartInfo("/usr/bin/apt-get", ["install", "-y", "-q", "-o", "DPkg::Lock::Timeout=300", "postgresql-15"])
        {
            Environment = { ["DEBIAN_FRONTEND"] = "noninteractive" },
            RedirectStandardInput = true,
        })!;
        install.StandardInput.Close();
        install.WaitForExit();
        return Newest() is { } installed ? (installed, null) : (null, $"{Need}; apt-get ended with {install.ExitCode}");
    }

    private static string? Newest()
    {
        const string Root = "/usr/lib/postgresql";
        return !Directory.Exists(Root) ? null : Directory.EnumerateDirectories(Root)
            .Select(version => Path.Combine(version, "bin"))
            .Where(bin => File.Exists(Path.Combine(bin, "postgres")) && File.Exists(Path.Combine(bin, "initdb")))
            .MaxBy(bin => double.TryParse(Path.GetFileName(Path.GetDirectoryName(bin)), out var version) ? version : 0);
    }
}

/// <summary>A test that needs PostgreSQL, and says so where there is none.</summary>
internal sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresBinaries.Reason;
}

/// <summary>A theory that needs PostgreSQL, and says so where there is none.</summary>
internal sealed class PostgresTheoryAttribute : TheoryAttribute
{
    public PostgresTheoryAttribute() => Skip = PostgresBinaries.Reason;
}
