using Orrery.Engine;

namespace Orrery.Api.OpenInference;

/// <summary>
/// The protocol's versions are strings; ours are the first twelve digits of a version's digest. Clients that were written
/// for numbered versions may say 1, which is whatever is current.
/// </summary>
internal static class ModelVersions
{
    private const string Current = "1";

    public static string NameOf(ModelInfo model) => model.Digest.Length >= 12 ? model.Digest[..12] : Current;

    public static bool Is(ModelInfo model, string version) =>
        version == Current || (version.Length >= 4 && model.Digest.StartsWith(version, StringComparison.Ordinal));

    /// <summary>What the backend is asked for; null for the current version.</summary>
    public static string? Digest(string? version) => version == Current ? null : version;
}
